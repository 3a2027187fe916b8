import type { AttributeLookup } from '../domain/catalog/attribute.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { Backoff } from '../lifecycle/backoff.ts';
import type { Change } from './change.ts';
import { ChangeBatch } from './change-batch.ts';
import { UnknownAttributeError } from './sink/attribute-row.ts';
import type { ChangeSink, Position } from './sink/change-sink.ts';

/** Batches end early at this size: a few huge rows must not fill the memory. */
const MAX_BATCH_BYTES = 32 * 2 ** 20;

export interface BatchLimits {
  /** Changes in a batch, at most. */
  readonly rows: number;
  /** Longest time that a received change waits before its batch is written, in milliseconds. */
  readonly flushMs: number;
}

export interface PipelineListener {
  written(batch: { readonly entities: number; readonly attributes: number; readonly seconds: number }): void;
  /** The sink has everything up to this position, and says so itself. */
  reached(position: Position): void;
  /** Something does not work and is tried again. */
  failing(error: unknown): void;
  /** What was failing works again. */
  working(): void;
}

export interface PipelineOptions {
  readonly shard: ShardId;
  readonly sink: ChangeSink;
  readonly attributes: AttributeLookup;
  readonly limits: BatchLimits;
  /** Where the first change follows on. */
  readonly from: Position;
  readonly listener: PipelineListener;
  /** Once aborted, what fails is not tried again. */
  readonly signal: AbortSignal;
}

/**
 * Collects changes in batches and writes them in order: one batch is written while the next one fills, and `receive`
 * makes the sender wait when both are full, so that memory is bounded by two batches. A batch ends between two
 * transactions, unless a single one is larger than a batch. Rows are written before the position that covers them.
 */
export class ChangePipeline {
  readonly #options: PipelineOptions;
  readonly #backoff = new Backoff();
  #batch: ChangeBatch;
  #heartbeatAt: number | null;
  #betweenTransactions = true;
  /** The filling batch has waited for long enough. */
  #due = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | null = null;
  #writingMessages = 0;
  /** A batch could not be written before the end: nothing after it may be. */
  #abandoned = false;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#heartbeatAt = options.from.heartbeatAt;
    this.#batch = this.#newBatch();
  }

  /** Received, but not yet in the sink. */
  get pendingMessages(): number {
    return this.#batch.messages + this.#writingMessages;
  }

  /** Resolves when the next change may come; undefined: at once. Rejects only once the signal is aborted. */
  receive(change: Change): Promise<void> | undefined {
    try {
      this.#add(change);
    } catch (error) {
      if (!(error instanceof UnknownAttributeError)) throw error;
      return this.#addOnceKnown(change, error);
    }
    return this.#isFull() ? this.#startWhenFree() : undefined;
  }

  /** Writes what has been received. Nothing may be received any more. */
  async drain(): Promise<void> {
    await this.#startWhenFree();
    await this.#writing;
    clearTimeout(this.#timer);
  }

  /** Forgets what is not being written yet. Nothing may be received any more. */
  async discard(): Promise<void> {
    this.#abandoned = true;
    clearTimeout(this.#timer);
    await this.#writing;
  }

  #add(change: Change): void {
    switch (change.kind) {
      case 'upsert':
        this.#batch.upsert(change.lsn, change.row, change.previous);
        this.#betweenTransactions = false;
        break;
      case 'delete':
        this.#batch.delete(change.lsn, change.row);
        this.#betweenTransactions = false;
        break;
      case 'heartbeat':
        this.#heartbeatAt = change.at;
        this.#betweenTransactions = false;
        break;
      case 'commit':
        this.#batch.reached = { ...this.#options.from, lsn: change.endLsn, heartbeatAt: this.#heartbeatAt };
        this.#betweenTransactions = true;
        break;
    }
    this.#batch.messages++;
    this.#timer ??= setTimeout(() => {
      this.#due = true;
      this.#startIfDue();
    }, this.#options.limits.flushMs);
    this.#startIfDue();
  }

  async #addOnceKnown(change: Change, first: UnknownAttributeError): Promise<void> {
    let reason: unknown = first;
    for (;;) {
      try {
        await this.#options.attributes.refresh();
        this.#add(change);
        this.#options.listener.working();
        this.#backoff.reset();
        return this.#isFull() ? this.#startWhenFree() : undefined;
      } catch (error) {
        reason = error;
      }
      this.#options.listener.failing(reason);
      if (this.#options.signal.aborted) throw reason;
      await this.#backoff.wait(this.#options.signal);
    }
  }

  #isFull(): boolean {
    return this.#batch.entities.rows >= this.#options.limits.rows || this.#batch.bytes >= MAX_BATCH_BYTES;
  }

  #startIfDue(): void {
    if (this.#due && this.#betweenTransactions && this.#writing === null) this.#start();
  }

  async #startWhenFree(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    if (this.#batch.messages > 0) this.#start();
  }

  #start(): void {
    const batch = this.#batch;
    this.#batch = this.#newBatch();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = false;
    this.#writingMessages = batch.messages;
    this.#writing = this.#write(batch).finally(() => {
      this.#writing = null;
      this.#writingMessages = 0;
      this.#startIfDue();
    });
  }

  /** Never rejects: tries again until it succeeds, or is abandoned. */
  async #write(batch: ChangeBatch): Promise<void> {
    const { sink, shard, listener, signal } = this.#options;
    while (!this.#abandoned) {
      const startedAt = performance.now();
      try {
        await sink.write(batch);
        if (batch.reached !== null) await sink.advance(shard, batch.reached, this.#batch.messages);
        this.#backoff.reset();
        const { entities, attributes } = batch;
        const seconds = (performance.now() - startedAt) / 1000;
        listener.written({ entities: entities.rows, attributes: attributes.rows, seconds });
        if (batch.reached !== null) listener.reached(batch.reached);
        return;
      } catch (error) {
        listener.failing(error);
        this.#abandoned = signal.aborted;
      }
      await this.#backoff.wait(signal);
    }
  }

  #newBatch(): ChangeBatch {
    return new ChangeBatch(this.#options.shard, this.#options.attributes);
  }
}
