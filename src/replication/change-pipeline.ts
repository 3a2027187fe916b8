import { Backoff } from '../lifecycle/backoff.ts';
import { type Batch, type BatchListener, BatchWriter } from './batch-writer.ts';
import type { Change, SinkPosition } from './change.ts';
import type { FlushBeat } from './flush-beat.ts';
import { type ChangeSink, UnknownAttributeError } from './sink/change-sink.ts';
import type { ChangeReceiver } from './source/change-source.ts';

/** Batches end early at this size, so that a few huge rows do not exhaust memory. */
const MAX_BATCH_BYTES = 32 * 2 ** 20;

export interface BatchLimits {
  /** Changes of entities in a batch, at most; up to twice as many if a transaction ends only then. */
  readonly rows: number;
  /**
   * The least time between the beginnings of two batches, unless the second one is full, in milliseconds. It is more where writing takes long, or many shards
   * are written. After a pause, a change waits for a moment only. Half of it is enough where other shards are being written, too.
   */
  readonly flushMs: number;
}

/** The statements of small batches are to take this part of the time, at most. */
const STATEMENTS_SHARE = 1 / 3;
/** Between two batches with changes, for each shard of the process that has such: no table gets more than 20 parts a second. */
const LEAST_MS_EACH = 50;
/** Of what makes batches less frequent than is configured. */
const MOST_INTERVAL_MS = 1_000;

/**
 * Heartbeats alone are written as often as changes, unless that would keep the sink busy for more than this part of the time: an embedded ClickHouse, or one that many
 * shards share.
 */
const HEARTBEATS_SHARE = 1 / 20;
/** But at least as often as this, so that a read with a token finds what it waits for (`ATLAS_CONSISTENCY_WAIT_MS`). */
const MOST_HEARTBEAT_WAIT_MS = 500;

/** After a pause, a batch takes what follows its first change within this time: often the rest of one request's writes. */
const MOMENT_MS = 10;

export interface PipelineOptions {
  readonly sink: ChangeSink;
  readonly limits: BatchLimits;
  /** The sink's position before the first of the changes; its lsn is 0 for those of a copy. */
  readonly from: SinkPosition;
  readonly listener: BatchListener;
  /** That of the pipelines that write into the same sink; none unless given. */
  readonly beat?: FlushBeat;
  /** Once aborted, failures are not retried. */
  readonly signal: AbortSignal;
  /** Aborted some time after `signal`: from then on the sink is not waited for either. */
  readonly over: AbortSignal;
}

/** A batch that fills. */
interface Filling extends Batch {
  messages: number;
  /** Of entities. */
  changes: number;
  reached: Batch['reached'];
}

/**
 * Carries changes from the source to the sink in batches, in the order in which they come. The rows of one batch are written while the
 * next one fills, and `receive` makes the source wait while both are full, so that memory is bounded by three batches, with the
 * one whose watermark is under way. A batch ends between two transactions, unless a single one is larger than two batches.
 *
 * Data before watermark before acknowledgement: a batch is written, then the sink's position advances over it, then the source is
 * allowed to forget it (BatchWriter). Whichever step is interrupted, the next stream begins with what is missing.
 */
export class ChangePipeline implements ChangeReceiver {
  readonly #options: PipelineOptions;
  readonly #backoff = new Backoff();
  readonly #writer: BatchWriter;
  #batch: Filling;
  #heartbeatAt: number | null;
  #betweenTransactions = true;
  /** The filling batch has waited for long enough. */
  #due = false;
  #timer: NodeJS.Timeout | undefined;
  /** When the filling batch is due, on the clock of `performance.now()`. */
  #dueAt = Number.POSITIVE_INFINITY;
  /** From when on it goes along with those of others, on the same clock. */
  #goesAlongAt = Number.POSITIVE_INFINITY;
  readonly #beat: ReturnType<FlushBeat['join']> | undefined;
  /** When the last batch with changes began to be written. */
  #startedAt = Number.NEGATIVE_INFINITY;
  /** Until the rows of the next batch may be written. */
  #writing: Promise<void> | null = null;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#heartbeatAt = options.from.heartbeatAt;
    this.#writer = new BatchWriter({
      ...options,
      ...{ from: options.from.lsn, fillingMessages: () => this.#batch.messages },
    });
    this.#batch = this.#newBatch();
    this.#beat = options.beat?.join(() => this.#goAlong());
  }

  /** Received, but not yet in the sink. */
  get pendingMessages(): number {
    return this.#batch.messages + this.#writer.messages;
  }

  /** Aborts with a PositionLostError once the sink lacks the position that the changes follow. Nothing is written any more. */
  get broken(): AbortSignal {
    return this.#writer.broken;
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
    await this.#writer.ended();
    clearTimeout(this.#timer);
  }

  /** Drops what is not being written yet. Nothing may be received after it. */
  async discard(): Promise<void> {
    this.#writer.abandon();
    this.#beat?.leave();
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#writer.ended();
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

  #schedule(): void {
    const { flushMs } = this.#options.limits;
    const now = performance.now();
    const hasChanges = this.#batch.changes > 0;
    const since = hasChanges ? this.#startedAt : now;
    const intervalMs = hasChanges ? this.#intervalMs() : this.#heartbeatIntervalMs();
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

  /** A busy sink, and one that many shards write into, gets fewer and larger batches. */
  #intervalMs(): number {
    const busyMs = this.#writer.statementsMs / STATEMENTS_SHARE;
    const partsMs = LEAST_MS_EACH * (this.#beat?.writers() ?? 1);
    return Math.max(this.#options.limits.flushMs, Math.min(Math.max(busyMs, partsMs), MOST_INTERVAL_MS));
  }

  /** Heartbeats alone are in less of a hurry: they come all the time. */
  #heartbeatIntervalMs(): number {
    return Math.max(this.#intervalMs(), Math.min(this.#writer.tookMs / HEARTBEATS_SHARE, MOST_HEARTBEAT_WAIT_MS));
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

  #newBatch(): Filling {
    const { sink, from } = this.#options;
    const rows = sink.batch(from.copyId, from.lsn === 0n ? 'copy' : 'stream');
    return { rows, messages: 0, changes: 0, reached: null };
  }

  /** A batch may take more changes than its limit to end between two transactions. */
  #isFull(): boolean {
    const { changes, rows } = this.#batch;
    if (rows.bytes >= MAX_BATCH_BYTES) return true;
    return changes >= (this.#betweenTransactions ? 1 : 2) * this.#options.limits.rows;
  }

  #startIfDue(): void {
    if (this.#due && this.#mayStart()) this.#start();
  }

  /** Heartbeats wait for the watermark before, so that changes that come after them need not wait for theirs. */
  #mayStart(): boolean {
    return this.#betweenTransactions && this.#writing === null && (this.#batch.changes > 0 || !this.#writer.isCovering);
  }

  /** The next batch is due when it would be had this one begun when it was due: otherwise the beats of many would make batches of one more frequent. */
  #goAlong(): void {
    if (performance.now() < this.#goesAlongAt || !this.#mayStart()) return;
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
    this.#writing = this.#writer.write(batch).then(() => {
      this.#writing = null;
      this.#startIfDue();
      void this.#writer.ended().then(() => this.#startIfDue());
    });
    this.#beat?.begin(batch.changes > 0);
  }
}
