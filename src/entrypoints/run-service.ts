import { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Logger } from '../observability/logger.ts';

/**
 * Runs a long-running command: starts it, waits for a signal, then stops everything in reverse order. If the start fails or is
 * interrupted, everything already started is stopped.
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

/** Runs a command that ends by itself. On a signal it stops at a safe point. Everything it opened is closed either way. */
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

/**
 * The only handler of SIGINT, SIGTERM and SIGHUP. The first signal aborts; later ones have no effect, because npm and the
 * terminal often deliver the same Ctrl-C twice.
 */
function onTermination(): { readonly signal: AbortSignal; readonly requested: Promise<void> } {
  const controller = new AbortController();
  const requested = new Promise<void>((resolve) => {
    const stop = (): void => {
      controller.abort(new Error('stopped by a signal'));
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    process.on('SIGHUP', stop);
  });
  return { signal: controller.signal, requested };
}
