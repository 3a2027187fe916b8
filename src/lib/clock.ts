/** Time as a dependency, so that tests drive it. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch, with fractions. */
  now(): number;
}

/** The wall clock at start plus monotonic time since, so that it never jumps while the process runs. */
export const systemClock: Clock = {
  now: () => origin + performance.now(),
};

/**
 * The moment at which performance.now() was 0. performance.timeOrigin will not do: it pairs two clocks that were read one
 * after the other, and on a busy machine tens of milliseconds may lie between. Here the closest of some pairs counts.
 */
const origin = Array.from({ length: 10 }, () => {
  const before = performance.now();
  const wall = Date.now() + 0.5; // whole milliseconds, cut off
  const after = performance.now();
  return { gap: after - before, origin: wall - (before + after) / 2 };
}).reduce((closest, pair) => (pair.gap < closest.gap ? pair : closest)).origin;
