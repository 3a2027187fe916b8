/** Time as a dependency, so that tests can control it. */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch, with fractions. */
  now(): number;
}

/** Wall-clock time at process start plus monotonic time since, so that it never jumps while the process runs. */
export const systemClock: Clock = {
  now: () => origin + performance.now(),
};

/**
 * The wall-clock time at which performance.now() was 0. performance.timeOrigin is not precise enough: it combines two clocks that
 * were read one after the other, and on a busy machine tens of milliseconds can pass in between. This takes the closest of
 * several pairs of readings.
 */
const origin = Array.from({ length: 10 }, () => {
  const before = performance.now();
  const wall = Date.now() + 0.5; // Date.now() truncates to whole milliseconds.
  const after = performance.now();
  return { gap: after - before, origin: wall - (before + after) / 2 };
}).reduce((closest, pair) => (pair.gap < closest.gap ? pair : closest)).origin;
