/** Time as a dependency, so that tests drive it. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch, with fractions. */
  now(): number;
}

/** The wall clock at start plus monotonic time since, so that it never jumps while the process runs. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
};
