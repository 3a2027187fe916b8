import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClockBound } from '../../src/freshness/clock-bound.ts';
import { completeUntil, latestSnapshot, measureLag, worseLag } from '../../src/freshness/measure-lag.ts';

const watermark = (heartbeatAt: number | null) => ({ heartbeatAt, lsn: null });

describe('the measured lag', () => {
  it('is the time from the heartbeat to the snapshot, rounded up', () => {
    expect(measureLag(watermark(1_000), 1_245.1, 0)).toBe(246);
  });

  it("counts how far the primary's clock may be ahead", () => {
    expect(measureLag(watermark(1_000), 1_200, 30)).toBe(230);
    expect(measureLag(watermark(1_000), 1_200, -30)).toBe(170);
  });

  it.each([
    ['there is no watermark', measureLag(undefined, 1_000, 0)],
    ['no heartbeat has arrived', measureLag(watermark(null), 1_000, 0)],
    ["the primary's clock is not known", measureLag(watermark(1_000), 1_000, null)],
    [
      "the heartbeat is from the future, the primary's clock having been set back",
      measureLag(watermark(5_000), 1_000, 0),
    ],
  ])('is unknown if %s', (_, lag) => {
    expect(lag).toBeNull();
  });

  it("dates a slow read by the source's clock, if that is known", () => {
    const read = { sentAt: 900, arrivedAt: 9_000 };
    expect(latestSnapshot({ ...read, observedAt: 1_000 }, 5)).toBe(1_005);
    expect(latestSnapshot({ ...read, observedAt: 1_000 }, null)).toBe(read.arrivedAt);
    expect(latestSnapshot({ ...read, observedAt: null }, 5)).toBe(read.arrivedAt);
    expect(latestSnapshot({ ...read, observedAt: 20_000 }, 5)).toBe(read.arrivedAt);
  });

  it('ignores the clock of a source that was set back since it was last compared with ours', () => {
    const moments = { sentAt: 20_000, arrivedAt: 20_010, observedAt: 20_005 - 10_000 };
    expect(latestSnapshot(moments, 1)).toBe(moments.arrivedAt);
    // The replica lags by 10.5 s: without this, it would report half a second.
    expect(measureLag(watermark(9_500), latestSnapshot(moments, 1), 0)).toBe(10_510);
  });

  it('is never below the true one, however wrong the clocks are and however long anything takes', () => {
    const offset = fc.integer({ min: -100_000, max: 100_000 });
    const delay = fc.double({ min: 0, max: 5_000, noNaN: true });
    fc.assert(
      fc.property(
        offset,
        offset,
        fc.array(delay, { minLength: 8, maxLength: 8 }),
        (primaryOffset, replicaOffset, delays) => {
          const [
            there = 0,
            back = 0,
            probeThere = 0,
            probeBack = 0,
            age = 0,
            readThere = 0,
            evaluate = 0,
            readBack = 0,
          ] = delays;
          const primary = new ClockBound();
          primary.observe({ sentAt: 0, remote: there + primaryOffset, receivedAt: there + back });
          const replica = new ClockBound();
          replica.observe({ sentAt: 0, remote: probeThere + replicaOffset, receivedAt: probeThere + probeBack });
          const snapshotAt = 20_000 + readThere;
          const heartbeatAt = snapshotAt - age;
          const arrivedAt = snapshotAt + evaluate + readBack;
          const observedAt = snapshotAt + evaluate + replicaOffset;
          const snapshotBy = latestSnapshot({ sentAt: 20_000, arrivedAt, observedAt }, replica.maxBehind(arrivedAt));
          const lag = measureLag(watermark(heartbeatAt + primaryOffset), snapshotBy, primary.maxAhead(arrivedAt));
          expect(lag).toBeGreaterThanOrEqual(age);
        },
      ),
    );
  });

  it('leaves no moment proven by a heartbeat that the primary wrote before its clock was set back', () => {
    expect(completeUntil(watermark(5_000), 1_000, 0)).toBeNull();
    expect(completeUntil(watermark(900), 1_000, 0)).toBe(900);
    expect(completeUntil(watermark(900), 1_000, null)).toBe(900);
    expect(completeUntil(watermark(null), 1_000, 0)).toBeNull();
    expect(completeUntil(undefined, 1_000, 0)).toBeNull();
  });

  it('is worst if it is unknown', () => {
    expect(worseLag(1, 2)).toBe(2);
    expect(worseLag(1, null)).toBeNull();
  });
});
