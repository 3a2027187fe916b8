import { describe, expect, it } from 'vitest';
import { ProgressWindow } from '../../src/freshness/source-progress.ts';

/** A source probed every 250 ms from 0 to `untilMs`, which applies `rate` ms of the primary's time per ms from -1,000 on. */
function probed(untilMs: number, rate: (at: number) => number): ProgressWindow {
  const window = new ProgressWindow();
  let heartbeatAt = -1_000;
  for (let at = 0; at <= untilMs; at += 250) {
    window.observe({ at, heartbeatAt, position: BigInt(Math.round(heartbeatAt + 1_000) * 40) });
    heartbeatAt += 250 * rate(at);
  }
  return window;
}

describe('the progress of a replicated source', () => {
  it.each([
    ['one that stands still', 0],
    ['one that keeps its distance', 1],
    ['one that catches up', 4],
  ])('is the time that it applies per time that passes: %s', (_, rate) => {
    expect(probed(2_000, () => rate).at(2_000)).toMatchObject({ rate, bytesPerMs: rate * 40 });
  });

  it('never runs backwards, though a copy that starts anew does', () => {
    expect(probed(2_000, () => -1).at(2_000)).toMatchObject({ rate: 0, bytesPerMs: 0 });
  });

  it('is that of the last seconds only', () => {
    const stopped = probed(20_000, (at) => (at < 10_000 ? 1 : 0));
    expect(stopped.at(20_000)).toMatchObject({ rate: 0 });
  });

  it('is unknown with too few samples, and once the last one is too old', () => {
    expect(new ProgressWindow().at(0)).toBeNull();
    expect(probed(250, () => 1).at(250)).toBeNull();
    expect(probed(2_000, () => 1).at(30_000)).toBeNull();
  });

  it('is unknown right after a pause of the process: nothing from before it counts', () => {
    const window = probed(2_000, () => 1);
    window.observe({ at: 60_000, heartbeatAt: 1_000, position: null });
    expect(window.at(60_000)).toBeNull();
  });

  it('is unknown right after the clock was set back', () => {
    expect(probed(2_000, () => 1).at(-1)).toBeNull();
  });
});

/** A source that shows a heartbeat every `heartbeatMs`, probed every 250 ms, and applies nothing from `stopsAt` on. */
function stopping(untilMs: number, stopsAt: number, rate: number, heartbeatMs: number): ProgressWindow {
  const window = new ProgressWindow();
  for (let at = 0; at <= untilMs; at += 250) {
    const applied = Math.min(at, stopsAt) * rate;
    const heartbeatAt = Math.floor(applied / heartbeatMs) * heartbeatMs - 60_000;
    window.observe({ at, heartbeatAt, position: BigInt(heartbeatAt + 60_000) * 40n });
  }
  return window;
}

describe('the progress of a source that has just stopped', () => {
  it.each([0.5, 1, 2, 8])(
    'is none after a second and a probe, although it applied %s times the time before',
    (rate) => {
      for (let stoppedMs = 1_250; stoppedMs <= 10_000; stoppedMs += 250) {
        const now = 20_000 + stoppedMs;
        expect(stopping(now, 20_000, rate, 100).at(now)).toMatchObject({ rate: 0, bytesPerMs: 0 });
      }
    },
  );

  it.each([1, 2, 8])('falls from %s from the first probe on, and does not rise again', (rate) => {
    let last = Number.POSITIVE_INFINITY;
    for (let now = 20_500; now <= 23_000; now += 250) {
      const shown = stopping(now, 20_000, rate, 100).at(now)?.rate ?? Number.NaN;
      expect(shown).toBeLessThan(rate * 0.8);
      expect(shown).toBeLessThanOrEqual(last);
      last = shown;
    }
  });
});

describe('the progress of a source that goes on', () => {
  it.each([
    [1, 100],
    [3, 100],
    [1, 250],
    [1, 1_000],
  ])(
    'at %s times the time, with a heartbeat every %s ms, is not taken for less than it is by more than a heartbeat',
    (rate, heartbeatMs) => {
      for (let now = 6_000; now <= 12_000; now += 250) {
        const shown = stopping(now, 60_000, rate, heartbeatMs).at(now)?.rate ?? Number.NaN;
        const span = Math.max(1_000, 3 * heartbeatMs);
        expect(shown).toBeGreaterThanOrEqual(rate - heartbeatMs / span - 1e-9);
        expect(shown).toBeLessThanOrEqual(rate + heartbeatMs / 4_750);
      }
    },
  );
});
