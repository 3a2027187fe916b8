import { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Logger } from '../observability/logger.ts';
import { onTermination } from './termination.ts';

/**
 * Runs a command that lasts: starts it, waits for a signal, stops everything in the reverse order. A start that fails or
 * is interrupted stops what had started.
 * @throws whatever `start` throws, unless a signal was the cause.
 */
export async function runService(
  logger: Logger,
  start: (lifecycle: Lifecycle, signal: AbortSignal) => Promise<void>,
  onStopping: () => void = () => {},
): Promise<void> {
  const lifecycle = new Lifecycle();
  const { signal, requested } = onTermination();
  try {
    await start(lifecycle, signal);
    await requested;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (signal.aborted) onStopping();
    await lifecycle.stop((service, error) => logger.error({ service, err: error }, 'a service did not stop cleanly'));
  }
}

/** Runs a command that ends by itself. A signal lets it stop where that is safe; whatever it opened is closed either way. */
export async function runTask(
  logger: Logger,
  work: (lifecycle: Lifecycle, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const lifecycle = new Lifecycle();
  const { signal } = onTermination();
  try {
    await work(lifecycle, signal);
  } finally {
    await lifecycle.stop((service, error) => logger.error({ service, err: error }, 'a service did not stop cleanly'));
  }
}
