import { SourceError } from '../../domain/source-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { withDeadlineOf } from '../../lib/deadline.ts';

export interface StatementWatchOptions {
  /** When the server was last heard, on `clock`, by a probe or a read; null if it is down. */
  readonly heardAt: () => number | null;
  /** Called whenever a statement shows that the server is up. */
  readonly onAnswer: () => void;
  /** The error of a server that is down. */
  readonly down: () => SourceError;
  readonly clock: Clock;
}

/**
 * Watches the statements on one server. They show that it is up, and are aborted as soon as it counts as down: one that hangs,
 * or that the network has cut off, would otherwise hold a read until its statement's time limit, while another source could
 * answer immediately.
 */
export class StatementWatch {
  readonly #options: StatementWatchOptions;
  readonly #underWay = new Set<AbortController>();

  constructor(options: StatementWatchOptions) {
    this.#options = options;
  }

  /** Call it as often as the server is probed. */
  check(): void {
    if (this.#underWay.size === 0 || this.#options.heardAt() !== null) return;
    const reason = this.#options.down();
    for (const statement of this.#underWay) statement.abort(reason);
  }

  /**
   * @param signal its deadline holds for the signal of `work`, too.
   * @throws whatever `work` throws, the signal's reason, or the error of `down`.
   */
  async run<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    const { clock, down, onAnswer } = this.#options;
    const startedAt = clock.now();
    const underWay = withDeadlineOf(signal);
    const abort = () => underWay.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    this.#underWay.add(underWay);
    try {
      const result = await work(underWay.signal);
      onAnswer();
      return result;
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      if (error.responded) onAnswer();
      if (this.#wasHeardSince(startedAt)) throw error.ifUp ?? error;
      throw error.outcome === 'busy' ? down() : error;
    } finally {
      this.#underWay.delete(underWay);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** A server that has answered no call while a statement waited for a connection hangs; it is not busy. */
  #wasHeardSince(moment: number): boolean {
    const heardAt = this.#options.heardAt();
    return heardAt !== null && heardAt >= moment;
  }
}
