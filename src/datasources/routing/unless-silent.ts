import { setMaxListeners } from 'node:events';
import type { SourceError } from '../../domain/source-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { withDeadlineOf } from '../../lib/deadline.ts';

export interface Silence {
  /** After how much silence the work is ended, in milliseconds. */
  readonly patienceMs: number;
  /** When its server last answered anything, on the clock; null if it is down. */
  readonly heardAt: () => number | null;
  /** The error of a server that is silent. */
  readonly down: () => SourceError;
  readonly clock: Clock;
}

/**
 * Ends a statement once its server has answered nobody for some time, neither this statement nor another one nor a probe. A server
 * that answers others is not silent, however long this statement takes.
 *
 * @param signal its deadline holds for the signal of `work`, too.
 * @throws whatever `work` throws, the signal's reason, or the error of `down`.
 */
export async function unlessSilent<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { patienceMs, heardAt, down, clock }: Silence,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const startedAt = clock.now();
  const ending = withDeadlineOf(signal);
  setMaxListeners(0, ending.signal);
  const abort = () => ending.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  let timer: NodeJS.Timeout;
  const listen = () => {
    const silentMs = clock.now() - Math.max(startedAt, heardAt() ?? startedAt);
    if (silentMs >= patienceMs) ending.abort(down());
    else timer = setTimeout(listen, Math.max(1, patienceMs - silentMs));
  };
  timer = setTimeout(listen, patienceMs);
  try {
    return await work(ending.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
