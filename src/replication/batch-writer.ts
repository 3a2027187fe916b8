import { untilAborted } from '../lib/abort.ts';
import { Backoff } from '../lifecycle/backoff.ts';
import type { SinkPosition } from './change.ts';
import { type ChangeSink, PositionLostError, type SinkBatch } from './sink/change-sink.ts';

/** So many rows, of all tables, take as long as the statements that write them: ten entities of 12 values 36 ms, 170 of them 70. */
const ROWS_LIKE_STATEMENTS = 2_000;
/** Of how long statements take, from 0 to 1: one that was slow does not make all that follow wait. */
const WEIGHT_OF_LATEST = 0.3;

/** The last commit in a batch. */
export interface ReachedCommit {
  readonly position: SinkPosition;
  readonly acknowledge: () => void;
}

/** What is written together. */
export interface Batch {
  readonly rows: SinkBatch;
  /** Everything that was received for it, heartbeats included. */
  readonly messages: number;
  /** Null if it completes no transaction. */
  readonly reached: ReachedCommit | null;
}

export interface WrittenBatch {
  /** How many, by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** How long writing took, without the wait for the batch before. */
  readonly seconds: number;
  /** The heartbeat that the sink has reached with it, in milliseconds on the clock of the primary; null: none that is new. */
  readonly heartbeatAt: number | null;
}

export interface BatchListener {
  written(batch: WrittenBatch): void;
  /** Something failed and will be retried. */
  failing(error: unknown): void;
}

export interface BatchWriterOptions {
  readonly sink: ChangeSink;
  /** The position that the first batch follows. */
  readonly from: bigint;
  readonly listener: BatchListener;
  /** Received, but not yet given to `write`. */
  readonly fillingMessages: () => number;
  /** Once aborted, failures are not retried. */
  readonly signal: AbortSignal;
  /** Aborted some time after `signal`: from then on the sink is not waited for either. */
  readonly over: AbortSignal;
}

/** A batch whose rows are in the sink, unless it has lost them since. */
interface Uncovered {
  readonly batch: Batch;
  /** The failures before they were written. */
  failures: number;
  readonly tookMs: number;
}

/**
 * Writes batches in two steps, each of which takes one batch at a time, in their order: the rows; then the watermark that covers them, and the acknowledgement.
 * So the rows of one batch are written while the watermark of the batch before is, and rows of one batch at most lie beyond the one that is being covered.
 * Whichever step is interrupted, what is not acknowledged comes again.
 *
 * After a failure of either step, rows that are not covered are written again before their watermark is: a store that did not answer may have come back with the
 * data of a while ago, and a watermark only continues the one before it.
 */
export class BatchWriter {
  readonly #options: BatchWriterOptions;
  readonly #backoffs = { rows: new Backoff(), watermark: new Backoff() };
  readonly #broken = new AbortController();
  /** The position that the sink has reached. */
  #reachedLsn: bigint;
  #covering: Promise<void> = Promise.resolve();
  #messages = 0;
  #failures = 0;
  /** A batch could not be written, so nothing after it may be. */
  #isAbandoned = false;
  #isCovering = false;
  #tookMs = 0;
  #statementsMs = 0;

  constructor(options: BatchWriterOptions) {
    this.#options = options;
    this.#reachedLsn = options.from;
  }

  /** Given to `write`, but not yet covered. */
  get messages(): number {
    return this.#messages;
  }

  /** Whether a watermark is being written. */
  get isCovering(): boolean {
    return this.#isCovering;
  }

  /** How long the last batch took to write, in milliseconds. */
  get tookMs(): number {
    return this.#tookMs;
  }

  /** How long the rows of a batch take however few they are, in milliseconds, by the last ones. */
  get statementsMs(): number {
    return this.#statementsMs;
  }

  /** Aborts with a PositionLostError once the sink lacks the position that the batches follow. Nothing is written any more. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Resolves when the next batch may be written. Never rejects. To be called once the one before has resolved. */
  async write(batch: Batch): Promise<void> {
    this.#messages += batch.messages;
    const uncovered = await this.#writeRows(batch);
    await this.#covering;
    this.#isCovering = uncovered !== null;
    this.#covering = (uncovered === null ? Promise.resolve() : this.#cover(uncovered)).finally(() => {
      this.#isCovering = false;
      this.#messages -= batch.messages;
    });
  }

  /** Resolves when the last batch is acknowledged, or has been abandoned. */
  ended(): Promise<void> {
    return this.#covering;
  }

  /** What is being written is not repeated, and no step begins any more. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  /** @returns null: it was abandoned. */
  async #writeRows(batch: Batch): Promise<Uncovered | null> {
    let failures = 0;
    const write = () => {
      failures = this.#failures;
      return batch.rows.write();
    };
    const tookMs = await this.#untilDone(write, this.#backoffs.rows);
    if (tookMs === null) return null;
    const count = Object.values(batch.rows.rows).reduce((sum, n) => sum + n, 0);
    if (count > 0) {
      const latest = tookMs / (1 + count / ROWS_LIKE_STATEMENTS);
      this.#statementsMs += (latest - this.#statementsMs) * WEIGHT_OF_LATEST;
    }
    return { batch, failures, tookMs };
  }

  async #cover(uncovered: Uncovered): Promise<void> {
    const { sink, listener, fillingMessages } = this.#options;
    const { rows, messages, reached } = uncovered.batch;
    const rowsMs = uncovered.tookMs;
    const pending = () => fillingMessages() + this.#messages - messages;
    const advance = async () => {
      do {
        while (uncovered.failures !== this.#failures) {
          const failures = this.#failures;
          await rows.write();
          uncovered.failures = failures;
        }
        if (reached !== null) await sink.advance(this.#reachedLsn, reached.position, pending());
      } while (uncovered.failures !== this.#failures);
    };
    const tookMs = await this.#untilDone(advance, this.#backoffs.watermark);
    if (tookMs === null) return;
    if (reached !== null) this.#reachedLsn = reached.position.lsn;
    this.#tookMs = rowsMs + tookMs;
    const heartbeatAt = reached?.position.heartbeatAt ?? null;
    listener.written({ rows: rows.rows, seconds: this.#tookMs / 1_000, heartbeatAt });
    reached?.acknowledge();
  }

  /**
   * Retries until it succeeds, is abandoned, or the sink has lost the position. Never rejects.
   * @returns how long the attempt took that succeeded, in milliseconds; null: none did.
   */
  async #untilDone(step: () => Promise<void>, backoff: Backoff): Promise<number | null> {
    const { listener, signal, over } = this.#options;
    while (!this.#isAbandoned) {
      const startedAt = performance.now();
      try {
        await untilAborted(step(), over);
        backoff.reset();
        return performance.now() - startedAt;
      } catch (error) {
        if (error instanceof PositionLostError) {
          this.#isAbandoned = true;
          this.#broken.abort(error);
          return null;
        }
        this.#failures += 1;
        listener.failing(error);
        this.#isAbandoned ||= signal.aborted;
      }
      await backoff.wait(signal);
    }
    return null;
  }
}
