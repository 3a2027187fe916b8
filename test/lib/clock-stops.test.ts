import { describe, expect, it } from 'vitest';
import { ClockStops } from '../../src/lib/clock-stops.ts';

/** Two clocks that the test drives; each reading of the monotonic one takes `readingMs`. */
function clocks(readingMs = 0) {
  const time = { wall: 1_700_000_000_000, monotonic: 5_000 };
  const stops = new ClockStops(
    () => Math.floor(time.wall),
    () => {
      time.monotonic += readingMs;
      time.wall += readingMs;
      return time.monotonic;
    },
  );
  const pass = (wall: number, monotonic = wall) => {
    time.wall += wall;
    time.monotonic += monotonic;
  };
  return { stops, pass };
}

describe('a look at the clocks', () => {
  it('finds nothing as long as they go on alike, whether the process runs or is stopped', () => {
    const { stops, pass } = clocks();
    for (const ms of [0.3, 17, 3_600_000]) {
      pass(ms);
      expect(stops.count()).toBe(0);
    }
  });

  it('finds a suspended machine: the wall clock was set right, the other stood still', () => {
    const { stops, pass } = clocks();
    pass(10_000, 0);
    expect(stops.count()).toBe(1);
    expect(stops.count()).toBe(1);
    pass(10, 0);
    expect(stops.count()).toBe(2);
  });

  it('finds a wall clock that was set back', () => {
    const { stops, pass } = clocks();
    pass(-50, 0);
    expect(stops.count()).toBe(1);
  });

  it('is not misled by slewing, or by being interrupted between two readings', () => {
    const { stops, pass } = clocks(40);
    for (let n = 0; n < 100; n++) {
      pass(100.05, 100);
      expect(stops.count()).toBe(0);
    }
  });

  it('is taken at the real clocks by default', () => {
    const stops = new ClockStops();
    for (let n = 0; n < 1_000; n++) expect(stops.count()).toBe(0);
  });
});
