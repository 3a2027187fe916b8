import { setMaxListeners } from 'node:events';

/** When the time of a signal is up, on the clock of `performance.now()`. */
const deadlines = new WeakMap<AbortSignal, number>();

/** One piece of work with limited time. */
export interface Deadline {
  /** Aborted when the time is up, or by `abort`. */
  readonly signal: AbortSignal;
  /** Ends the work before its time is up. */
  abort(reason: unknown): void;
  /** Call it once the work is done. */
  clear(): void;
}

/** @param reason what the signal aborts with when the time is up. */
export function startDeadline(ms: number, reason: () => unknown): Deadline {
  const controller = new AbortController();
  // Any number of statements wait on one deadline. By default Node takes more than ten for a leak, and warns.
  setMaxListeners(0, controller.signal);
  const timer = setTimeout(() => controller.abort(reason()), ms);
  deadlines.set(controller.signal, performance.now() + ms);
  return {
    signal: controller.signal,
    abort: (why) => controller.abort(why),
    clear: () => clearTimeout(timer),
  };
}

/** A controller whose signal has the deadline of `signal`, but does not abort with it. */
export function withDeadlineOf(signal: AbortSignal | undefined): AbortController {
  const controller = new AbortController();
  const deadline = signal === undefined ? undefined : deadlines.get(signal);
  if (deadline !== undefined) deadlines.set(controller.signal, deadline);
  return controller;
}

/** Milliseconds until the signal's time is up, at least 0; null if it has no deadline. */
export function remainingMs(signal: AbortSignal | undefined): number | null {
  const deadline = signal === undefined ? undefined : deadlines.get(signal);
  return deadline === undefined ? null : Math.max(0, deadline - performance.now());
}
