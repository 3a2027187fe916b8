import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClockBound } from '../../src/freshness/clock-bound.ts';

describe('the bound on a remote clock', () => {
  it('is unknown before the first reading', () => {
    const bound = new ClockBound();
    expect(bound.maxAhead(0)).toBeNull();
    expect(bound.maxBehind(0)).toBeNull();
  });

  it('follows from the times of the request and of the answer', () => {
    const bound = new ClockBound();
    bound.observe({ sentAt: 1000, remote: 1503, receivedAt: 1010 });
    expect(bound.maxAhead(1010)).toBeCloseTo(503, 1);
    expect(bound.maxBehind(1010)).toBeCloseTo(-493, 1);
  });

  it('says whether a reading contradicts the earlier ones', () => {
    const bound = new ClockBound();
    expect(bound.observe({ sentAt: 1000, remote: 1001, receivedAt: 1002 })).toBe(false);
    expect(bound.observe({ sentAt: 1100, remote: 1150, receivedAt: 1200 })).toBe(false);
    expect(bound.observe({ sentAt: 1300, remote: 1350, receivedAt: 1302 }), 'ours stood still').toBe(true);
    expect(bound.observe({ sentAt: 1400, remote: 1350, receivedAt: 1402 }), 'the other was set back').toBe(true);
  });

  it('keeps the reading with the quickest round trip', () => {
    const bound = new ClockBound();
    bound.observe({ sentAt: 1000, remote: 1001, receivedAt: 1002 });
    bound.observe({ sentAt: 1100, remote: 1150, receivedAt: 1200 });
    expect(bound.maxAhead(1200)).toBeCloseTo(1.2, 1);
  });

  it('widens by the drift that has been possible since', () => {
    const bound = new ClockBound();
    bound.observe({ sentAt: 0, remote: 1, receivedAt: 2 });
    expect(bound.maxAhead(60_000)).toBeCloseTo(61, 5);
    bound.observe({ sentAt: 60_000, remote: 60_020, receivedAt: 60_040 });
    expect(bound.maxAhead(60_040)).toBeCloseTo(20.04, 5);
  });

  it('forgets the past if the remote clock was set forward', () => {
    const bound = new ClockBound();
    bound.observe({ sentAt: 1000, remote: 1001, receivedAt: 1002 });
    bound.observe({ sentAt: 1100, remote: 61_105, receivedAt: 1110 });
    expect(bound.maxAhead(1110)).toBeCloseTo(60_005, 1);
    expect(bound.maxBehind(1110)).toBeCloseTo(-59_995, 1);
  });

  it('forgets the past if the remote clock was set back', () => {
    const bound = new ClockBound();
    bound.observe({ sentAt: 101_000, remote: 101_001, receivedAt: 101_002 });
    bound.observe({ sentAt: 101_100, remote: 41_105, receivedAt: 101_110 });
    expect(bound.maxAhead(101_110)).toBeCloseTo(-59_995, 1);
    expect(bound.maxBehind(101_110)).toBeCloseTo(60_005, 1);
  });

  it('holds the true offset, whatever the round trips and within the drift allowed', () => {
    const ms = (max: number) => fc.double({ min: 0, max, noNaN: true });
    const readings = fc.array(fc.record({ wait: ms(5000), out: ms(300), back: ms(300) }), { minLength: 1 });
    const rates = fc.double({ min: -0.0005, max: 0.0005, noNaN: true });
    fc.assert(
      fc.property(readings, rates, fc.integer({ min: -1e7, max: 1e7 }), (steps, rate, offset) => {
        const remoteAt = (time: number) => time + offset + time * rate;
        const bound = new ClockBound();
        let now = 0;
        for (const { wait, out, back } of steps) {
          const sentAt = now + wait;
          const receivedAt = sentAt + out + back;
          bound.observe({ sentAt, remote: remoteAt(sentAt + out), receivedAt });
          now = receivedAt;
          const ahead = remoteAt(now) - now;
          expect(bound.maxAhead(now)).toBeGreaterThanOrEqual(ahead - 1e-6);
          expect(bound.maxBehind(now)).toBeGreaterThanOrEqual(-ahead - 1e-6);
        }
      }),
    );
  });
});
