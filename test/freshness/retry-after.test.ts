import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfterMs, untilAll, untilAny, untilReached, untilWithin } from '../../src/freshness/retry-after.ts';
import { ProgressWindow, type SourceProgress } from '../../src/freshness/source-progress.ts';

const HEARTBEAT_MS = 100;
const going = (rate: number): SourceProgress => ({ rate, position: 1_000n, bytesPerMs: rate * 10 });

describe('when a source will be within a bound of 1,000 ms', () => {
  it.each<[string, number | null, SourceProgress | null, number | null]>([
    ['it catches up', 5_000, going(3), 2_000],
    ['it catches up quickly', 5_000, going(41), 100],
    ['it keeps its distance', 5_000, going(1), null],
    ['it gains too little to tell', 5_000, going(1.05), null],
    ['it falls behind', 5_000, going(0.7), null],
    ['it stands still', 1_001, going(0), null],
    ['it misses by where the heartbeats fall', 1_080, going(1), 0],
    ['it misses by more than a heartbeat', 1_101, going(1), null],
    ['it stands still just past the bound', 1_080, going(0), null],
    ['it is within it already', 900, going(0), 0],
    ['nothing is known of how it goes', 5_000, null, null],
    ['its lag is unknown, but it advances', null, going(1), 0],
    ['its lag is unknown, and it stands still', null, going(0), null],
    ['nothing at all is known', null, null, null],
  ])('%s', (_, lagMs, progress, expected) => {
    expect(untilWithin({ lagMs, progress }, 1_000, HEARTBEAT_MS)).toBe(expected);
  });
});

describe('when a source will have reached position 21,000', () => {
  const at = (position: bigint | null, rate: number, bytesPerMs: number): SourceProgress => ({
    rate,
    position,
    bytesPerMs,
  });
  it.each<[string, number | null, SourceProgress | null, number | null]>([
    ['by its bytes', 9_000, at(1_000n, 1, 10), 2_000],
    ['by its lag if that is sooner: an idle shard writes few bytes', 400, at(1_000n, 1, 0.01), 400],
    ['by its lag, the sooner the faster it applies', 4_000, at(null, 8, 0), 500],
    ['at once if it has', 400, at(21_000n, 0, 0), 0],
    ['never while it stands still', 400, at(1_000n, 0, 0), null],
    ['by its bytes if its lag is unknown', null, at(1_000n, 0, 10), 2_000],
    ['unknown if nothing is known', 400, null, null],
  ])('%s', (_, lagMs, progress, expected) => {
    expect(untilReached({ lagMs, progress }, 21_000n)).toBe(expected);
  });
});

describe('a source that catches up and then stops', () => {
  const LAG_MS = 60_000;
  /** Probed every 250 ms; it applies three times the time until 20 s have passed, and nothing from then on. */
  function toldAt(now: number): number {
    const window = new ProgressWindow();
    let applied = 0;
    for (let at = 0; at <= now; at += 250) {
      applied = 3 * Math.min(at, 20_000) - LAG_MS;
      window.observe({ at, heartbeatAt: applied, position: null });
    }
    const estimate = untilWithin({ lagMs: now - applied, progress: window.at(now) }, 1_000, HEARTBEAT_MS);
    return retryAfterMs(estimate, { leastMs: 100, mostMs: 60_000 });
  }

  it('is not expected back after its average of the last seconds: soon after, nobody can say', () => {
    expect(toldAt(19_000)).toBe((LAG_MS + 19_000 - 57_000 - 1_000) / 2);
    // By then it has applied less in a second than passed.
    for (let now = 20_750; now <= 30_000; now += 250) expect(toldAt(now)).toBe(60_000);
  });
});

describe('of several sources', () => {
  it('that must all do, the last one counts; of several that may, the first', () => {
    expect(untilAll([5, 70, 3])).toBe(70);
    expect(untilAll([5, null])).toBeNull();
    expect(untilAny([5, null, 3])).toBe(3);
    expect(untilAny([null])).toBeNull();
    expect(untilAny([])).toBeNull();
  });
});

describe('what a client is told', () => {
  it.each([
    [1_234.2, 1_235],
    [0, 100],
    [600_000, 10_000],
    [null, 10_000],
    [Number.POSITIVE_INFINITY, 10_000],
  ])('for %s is %s', (estimate, expected) => {
    expect(retryAfterMs(estimate, { leastMs: 100, mostMs: 10_000 })).toBe(expected);
  });

  it('is never more than the configured limit, even if a heartbeat takes longer', () => {
    expect(retryAfterMs(0, { leastMs: 500, mostMs: 200 })).toBe(200);
  });

  it('is a whole number within the limits, whatever was measured', () => {
    const lag = fc.option(fc.nat(4_000_000_000));
    const progress = fc.option(
      fc.record({
        rate: fc.double({ min: 0, max: 1e9, noNaN: true }),
        position: fc.option(fc.bigInt({ min: 0n, max: 1n << 63n })),
        bytesPerMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
      }),
    );
    const check = (lagMs: number | null, known: SourceProgress | null, maxLagMs: number, position: bigint) => {
      const source = { lagMs, progress: known };
      for (const estimate of [untilWithin(source, maxLagMs, HEARTBEAT_MS), untilReached(source, position)]) {
        const told = retryAfterMs(estimate, { leastMs: 100, mostMs: 10_000 });
        expect(Number.isInteger(told) && told >= 100 && told <= 10_000).toBe(true);
      }
    };
    fc.assert(fc.property(lag, progress, fc.nat(3_600_000), fc.bigInt({ min: 0n, max: 1n << 63n }), check));
  });
});
