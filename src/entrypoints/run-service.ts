import { Lifecycle } from '../lifecycle/lifecycle.ts';
import { ShutdownGrace } from '../lifecycle/shutdown-grace.ts';
import type { Logger } from '../observability/logger.ts';
import { EXIT_FAILED } from './exit-codes.ts';

export interface ServiceRun {
  readonly lifecycle: Lifecycle;
  /** Aborts when the process is told to stop. */
  readonly signal: AbortSignal;
  /** What may still take time then, once requests are no longer accepted. */
  readonly grace: ShutdownGrace;
}

export interface RunOptions {
  /** In milliseconds. */
  readonly graceMs: number;
  readonly onStopping?: () => void;
}

/**
 * Runs a long-running command: starts it, waits for a signal, then stops everything in reverse order, no longer than the grace
 * period allows. If the start fails or is interrupted, everything already started is stopped.
 * @throws whatever `start` throws, unless a signal was the cause.
 */
export async function runService(
  logger: Logger,
  { graceMs, onStopping = () => {} }: RunOptions,
  start: (run: ServiceRun) => Promise<void>,
): Promise<void> {
  const lifecycle = new Lifecycle();
  const grace = new ShutdownGrace(graceMs);
  const { signal, requested } = onTermination(logger);
  try {
    await start({ lifecycle, signal, grace });
    await requested;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    const startedAt = performance.now();
    const reason = signal.aborted ? (signal.reason as Error).message : 'the start failed';
    if (signal.aborted) {
      logger.info({ reason }, 'stopping');
      onStopping();
    }
    await lifecycle.drain();
    grace.begin();
    const onFailure = (service: string, err: unknown) =>
      logger.error({ service, err }, 'a service did not stop cleanly');
    const cutOff = await lifecycle.stop({ over: grace.over, onFailure });
    const seconds = Math.round(performance.now() - startedAt) / 1000;
    if (cutOff.length > 0) logger.warn({ reason, seconds, cutOff }, 'stopped; not everything ended in time');
    else if (signal.aborted) logger.info({ reason, seconds }, 'stopped');
  }
}

/** Runs a command that ends by itself. On a signal it stops at a safe point. Everything it opened is closed either way. */
export async function runTask(
  logger: Logger,
  work: (lifecycle: Lifecycle, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const lifecycle = new Lifecycle();
  const { signal } = onTermination(logger);
  try {
    await work(lifecycle, signal);
  } finally {
    const onFailure = (service: string, err: unknown) =>
      logger.error({ service, err }, 'a service did not stop cleanly');
    await lifecycle.stop({ onFailure });
  }
}

/** npm and the terminal often deliver the same Ctrl-C twice. */
const SAME_SIGNAL_MS = 500;

/**
 * The only handler of SIGINT, SIGTERM and SIGHUP. The first signal aborts, with its name in the reason; a second one ends the process
 * at once.
 */
function onTermination(logger: Logger): { readonly signal: AbortSignal; readonly requested: Promise<void> } {
  const controller = new AbortController();
  const requested = new Promise<void>((resolve) => {
    let firstAt: number | null = null;
    const stop = (name: NodeJS.Signals): void => {
      const now = performance.now();
      firstAt ??= now;
      if (now - firstAt > SAME_SIGNAL_MS) {
        logger.warn({ reason: `stopped by a second ${name}` }, 'ended at once');
        process.exit(EXIT_FAILED);
      }
      controller.abort(new Error(`stopped by ${name}`));
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    process.on('SIGHUP', stop);
  });
  return { signal: controller.signal, requested };
}
