import { untilAborted } from '../lib/abort.ts';
import { Backoff } from '../lifecycle/backoff.ts';
import type { Change, SinkPosition } from './change.ts';
import type { FlushBeat } from './flush-beat.ts';
import { type ChangeSink, PositionLostError, type SinkBatch, UnknownAttributeError } from './sink/change-sink.ts';
import type { ChangeReceiver } from './source/change-source.ts';

/** Batches end early at this size, so that a few huge rows do not exhaust memory. */
const MAX_BATCH_BYTES = 32 * 2 ** 20;

export interface BatchLimits {
  /** Changes of entities in a batch, at most; up to twice as many if a transaction ends only then. */
  readonly rows: number;
  /**
   * The least time between the beginnings of two batches, unless the second one is full, and so the longest that a received change waits for its batch, in
   * milliseconds. After a pause, a change waits for a moment only. Half of it is enough where other shards are being written, too.
   */
  readonly flushMs: number;
}

/**
 * Heartbeats alone are written as often as changes, unless that would keep the sink busy for more than this part of the time: an embedded ClickHouse, or one that many
 * shards share.
 */
const HEARTBEATS_SHARE = 1 / 20;
/** But at least as often as this, so that a read with a token finds what it waits for (`ATLAS_CONSISTENCY_WAIT_MS`). */
const MOST_HEARTBEAT_WAIT_MS = 500;

/** After a pause, a batch takes what follows its first change within this time: often the rest of one request's writes. */
const MOMENT_MS = 10;

export interface WrittenBatch {
  /** How many, by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** How long writing took. */
  readonly seconds: number;
  /** The heartbeat that the sink has reached with it, in milliseconds on the clock of the primary; null: none that is new. */
  readonly heartbeatAt: number | null;
}

export interface PipelineListener {
  written(batch: WrittenBatch): void;
  /** Something failed and will be retried. */
  failing(error: unknown): void;
}

export interface PipelineOptions {
  readonly sink: ChangeSink;
  readonly limits: BatchLimits;
  /** The sink's position before the first of the changes; its lsn is 0 for those of a copy. */
  readonly from: SinkPosition;
  readonly listener: PipelineListener;
  /** That of the pipelines that write into the same sink; none unless given. */
  readonly beat?: FlushBeat;
  /** Once aborted, failures are not retried. */
  readonly signal: AbortSignal;
  /** Aborted some time after `signal`: from then on the sink is not waited for either. */
  readonly over: AbortSignal;
}

/** The last commit in a batch. */
interface Reached {
  readonly position: SinkPosition;
  readonly acknowledge: () => void;
}

class Batch {
  /** Everything that was received for it, heartbeats included. */
  messages = 0;
  changes = 0;
  /** Null if it completes no transaction. */
  reached: Reached | null = null;

  constructor(readonly rows: SinkBatch) {}
}

/**
 * Carries changes from the source to the sink in batches, in the order in which they come. One batch is written while the
 * next one fills, and `receive` makes the source wait while both are full, so that memory is bounded by two batches. A
 * batch ends between two transactions, unless a single one is larger than two batches.
 *
 * Data before watermark before acknowledgement: a batch is written, then the sink's position advances over it, then the source is
 * allowed to forget it. Whichever step is interrupted, the next stream begins with what is missing.
 */
export class ChangePipeline implements ChangeReceiver {
  readonly #options: PipelineOptions;
  readonly #backoff = new Backoff();
  #batch: Batch;
  #heartbeatAt: number | null;
  /** The position that the sink has reached. */
  #reachedLsn: bigint;
  #betweenTransactions = true;
  /** The filling batch has waited for long enough. */
  #due = false;
  #timer: NodeJS.Timeout | undefined;
  /** When the filling batch is due, on the clock of `performance.now()`. */
  #dueAt = Number.POSITIVE_INFINITY;
  /** From when on it goes along with those of others, on the same clock. */
  #goesAlongAt = Number.POSITIVE_INFINITY;
  readonly #beat: ReturnType<FlushBeat['join']> | undefined;
  /** How long the last batch took to write, in milliseconds. */
  #tookMs = 0;
  /** When the last batch with changes began to be written. */
  #startedAt = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> | null = null;
  #writingMessages = 0;
  /** A batch could not be written before the end, so nothing after it may be written. */
  #abandoned = false;
  readonly #broken = new AbortController();

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#heartbeatAt = options.from.heartbeatAt;
    this.#reachedLsn = options.from.lsn;
    this.#batch = this.#newBatch();
    this.#beat = options.beat?.join(() => this.#goAlong());
  }

  /** Received, but not yet in the sink. */
  get pendingMessages(): number {
    return this.#batch.messages + this.#writingMessages;
  }

  /** Aborts with a PositionLostError once the sink lacks the position that the changes follow. Nothing is written any more. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Resolves when the next change may come; undefined means immediately. Rejects only once the signal or `broken` is aborted. */
  receive(change: Change): Promise<void> | undefined {
    if (change.kind === 'catalog') return this.#know(change.revision);
    try {
      this.#add(change);
    } catch (error) {
      if (!(error instanceof UnknownAttributeError)) throw error;
      return this.#addOnceKnown(change, error);
    }
    return this.#isFull() ? this.#startWhenFree() : undefined;
  }

  /** Writes what has been received, or abandons it once the signal is aborted. Nothing may be received after it. */
  async settle(): Promise<void> {
    this.#beat?.leave();
    await this.#startWhenFree();
    await this.#writing;
    clearTimeout(this.#timer);
  }

  /** Drops what is not being written yet. Nothing may be received after it. */
  async discard(): Promise<void> {
    this.#abandoned = true;
    this.#beat?.leave();
    clearTimeout(this.#timer);
    await this.#writing;
  }

  #add(change: Exclude<Change, { kind: 'catalog' }>): void {
    switch (change.kind) {
      case 'upsert':
      case 'delete':
        this.#batch.rows.add(change);
        this.#batch.changes++;
        this.#betweenTransactions = false;
        break;
      case 'audit':
        this.#batch.rows.add(change);
        this.#betweenTransactions = false;
        break;
      case 'heartbeat':
        this.#heartbeatAt = change.at;
        this.#betweenTransactions = false;
        break;
      case 'commit': {
        const { copyId } = this.#options.from;
        this.#batch.reached = {
          position: { copyId, lsn: change.lsn, heartbeatAt: this.#heartbeatAt },
          acknowledge: change.acknowledge,
        };
        this.#betweenTransactions = true;
        break;
      }
    }
    this.#batch.messages++;
    this.#schedule();
    this.#startIfDue();
  }

  /** Heartbeats alone are in less of a hurry: they come all the time. */
  #schedule(): void {
    const { flushMs } = this.#options.limits;
    const now = performance.now();
    const since = this.#batch.changes === 0 ? now : this.#startedAt;
    const intervalMs =
      this.#batch.changes === 0
        ? Math.max(flushMs, Math.min(this.#tookMs / HEARTBEATS_SHARE, MOST_HEARTBEAT_WAIT_MS))
        : flushMs;
    const moment = now + Math.min(MOMENT_MS, flushMs);
    const dueAt = Math.max(moment, since + intervalMs);
    if (dueAt >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#goesAlongAt = Math.max(moment, since + intervalMs / 2);
    this.#timer = setTimeout(() => {
      this.#due = true;
      this.#startIfDue();
    }, dueAt - now);
  }

  async #addOnceKnown(change: Exclude<Change, { kind: 'catalog' }>, first: UnknownAttributeError): Promise<void> {
    const { sink, listener, signal } = this.#options;
    let reason: unknown = first;
    for (;;) {
      try {
        await sink.refreshAttributes();
        this.#add(change);
        this.#backoff.reset();
        return this.#isFull() ? this.#startWhenFree() : undefined;
      } catch (error) {
        reason = error;
      }
      listener.failing(reason);
      if (signal.aborted || this.broken.aborted) throw reason;
      await this.#backoff.wait(signal);
    }
  }

  async #know(revision: number): Promise<void> {
    const { sink, listener, signal } = this.#options;
    for (;;) {
      try {
        await sink.knowAttributes(revision);
        return;
      } catch (error) {
        listener.failing(error);
        if (signal.aborted || this.broken.aborted) throw error;
        await this.#backoff.wait(signal);
      }
    }
  }

  #newBatch(): Batch {
    const { sink, from } = this.#options;
    return new Batch(sink.batch(from.copyId, from.lsn === 0n ? 'copy' : 'stream'));
  }

  /** A batch may take more changes than its limit to end between two transactions. */
  #isFull(): boolean {
    const { changes, rows } = this.#batch;
    if (rows.bytes >= MAX_BATCH_BYTES) return true;
    return changes >= (this.#betweenTransactions ? 1 : 2) * this.#options.limits.rows;
  }

  #startIfDue(): void {
    if (this.#due && this.#betweenTransactions && this.#writing === null) this.#start();
  }

  /** The next batch is due when it would be had this one begun when it was due: otherwise the beats of many would make batches of one more frequent. */
  #goAlong(): void {
    if (performance.now() < this.#goesAlongAt || !this.#betweenTransactions || this.#writing !== null) return;
    const [hasChanges, dueAt] = [this.#batch.changes > 0, this.#dueAt];
    this.#start();
    if (hasChanges) this.#startedAt = dueAt;
  }

  /** Once the filling batch is being written, whoever started it, the next one may fill. */
  async #startWhenFree(): Promise<void> {
    const filling = this.#batch;
    while (this.#writing !== null && this.#batch === filling) await this.#writing;
    if (this.#batch === filling && filling.messages > 0) this.#start();
  }

  #start(): void {
    const batch = this.#batch;
    this.#batch = this.#newBatch();
    clearTimeout(this.#timer);
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#goesAlongAt = Number.POSITIVE_INFINITY;
    if (batch.changes > 0) this.#startedAt = performance.now();
    this.#due = false;
    this.#writingMessages = batch.messages;
    this.#writing = this.#write(batch).finally(() => {
      this.#writing = null;
      this.#writingMessages = 0;
      this.#startIfDue();
    });
    this.#beat?.begin();
  }

  /** Never rejects: retries until it succeeds, is abandoned, or the sink has lost the position. */
  async #write({ rows, reached }: Batch): Promise<void> {
    const { sink, listener, signal, over } = this.#options;
    let areWritten = false;
    while (!this.#abandoned) {
      const startedAt = performance.now();
      try {
        if (!areWritten) await untilAborted(rows.write(), over);
        areWritten = true;
        if (reached !== null) {
          await untilAborted(sink.advance(this.#reachedLsn, reached.position, this.#batch.messages), over);
          this.#reachedLsn = reached.position.lsn;
        }
        this.#backoff.reset();
        this.#tookMs = performance.now() - startedAt;
        const seconds = this.#tookMs / 1000;
        listener.written({ rows: rows.rows, seconds, heartbeatAt: reached?.position.heartbeatAt ?? null });
        reached?.acknowledge();
        return;
      } catch (error) {
        if (error instanceof PositionLostError) {
          this.#abandoned = true;
          this.#broken.abort(error);
          return;
        }
        listener.failing(error);
        this.#abandoned = signal.aborted;
      }
      await this.#backoff.wait(signal);
    }
  }
}
