import { setTimeout as delay } from 'node:timers/promises';
import type { ShardId } from '../domain/identifiers.ts';
import { untilAborted } from '../lib/abort.ts';
import { Backoff } from '../lifecycle/backoff.ts';
import type { Service } from '../lifecycle/lifecycle.ts';
import { PeriodicTask } from '../lifecycle/periodic-task.ts';
import type { ShutdownGrace } from '../lifecycle/shutdown-grace.ts';
import type { Logger } from '../observability/logger.ts';
import { OutageLog } from '../observability/outage-log.ts';
import type { BatchListener, WrittenBatch } from './batch-writer.ts';
import type { SinkPosition } from './change.ts';
import { type BatchLimits, ChangePipeline } from './change-pipeline.ts';
import { copyBeside } from './copy-beside.ts';
import type { FlushBeat } from './flush-beat.ts';
import { type ChangeSink, PositionLostError } from './sink/change-sink.ts';
import { FollowingSink } from './sink/following-sink.ts';
import type { ChangeSource, CopyProgress, NextStep } from './source/change-source.ts';
import { UnrepairableError } from './unrepairable-error.ts';
import type { Upkeep } from './upkeep/upkeep.ts';
import { type OnUpkeep, UpkeepTasks } from './upkeep/upkeep-tasks.ts';

/** How often a standby checks whether the shard has become free. */
const STANDBY_POLL_MS = 500;
/** How often a failed replicator checks whether the cause has been repaired. */
const FAILED_POLL_MS = 1_000;
/** How often the sink may remove what no read uses any more. */
const REMOVAL_PERIOD_MS = 10_000;

/**
 * `standby`: another replicator serves the shard. `retrying`: something failed and will be retried; nothing is lost. `failed`: it
 * has stopped until the cause in `lastError` is repaired.
 */
export type ReplicationPhase = 'connecting' | 'standby' | 'snapshot' | 'streaming' | 'retrying' | 'failed' | 'stopped';

export interface ShardReplicationState {
  readonly phase: ReplicationPhase;
  /** What stops it; null while it works. */
  readonly lastError: string | null;
  /** Changes received, but not yet in the sink. */
  readonly pendingMessages: number;
  /** Of the copy that is under way. */
  readonly copyProgress: CopyProgress | null;
}

export interface ShardReplicatorOptions {
  readonly shard: ShardId;
  readonly source: ChangeSource;
  readonly sink: ChangeSink;
  readonly limits: BatchLimits;
  /** That of all shards of the process; none unless given. */
  readonly beat?: FlushBeat;
  /** Copy the shard again if its stream cannot be continued, instead of failing. */
  readonly resnapshot: boolean;
  /** Copy the shard anew as soon as its changes are streamed; false unless given. */
  readonly copyAnew?: boolean;
  /** What is done now and then while the shard is streamed; nothing unless given. */
  readonly upkeep?: readonly Upkeep[];
  readonly onUpkeep?: OnUpkeep;
  readonly onBatch: (batch: WrittenBatch) => void;
  /** The delay between attempts to connect. It starts over only once a batch has been written. */
  readonly backoff?: Backoff;
  /** How long a sink that does not answer may hold `stop`. */
  readonly grace: ShutdownGrace;
  readonly logger: Logger;
}

/**
 * Carries one shard's changes from its source into its sink, without a gap, until it is stopped. Failures are retried; if a retry
 * cannot help, it stays `failed` until the cause is gone.
 */
export class ShardReplicator implements Service {
  readonly name: string;
  readonly #options: ShardReplicatorOptions;
  readonly #stop = new AbortController();
  readonly #backoff: Backoff;
  readonly #outages: OutageLog;
  readonly #removals: OutageLog;
  readonly #copies: OutageLog;
  #running: Promise<void> = Promise.resolve();
  #phase: ReplicationPhase = 'connecting';
  /** What it does while nothing is wrong. */
  #work: 'connecting' | 'snapshot' | 'streaming' = 'connecting';
  #lastError: string | null = null;
  #pipeline: ChangePipeline | null = null;
  #copyProgress: CopyProgress | null = null;
  /** The newest copy that was built beside the one before it. */
  #copiedAnew: bigint | null = null;
  /** The copy found by the last check of the sink. */
  #copyId: bigint | null = null;
  /** An error that holds for as long as this copy is the sink's newest. */
  #lasting: { readonly error: UnrepairableError; readonly copyId: bigint | null } | null = null;

  constructor(options: ShardReplicatorOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
    this.name = `change capture of shard ${options.shard}`;
    this.#outages = new OutageLog(options.logger, this.name);
    this.#copies = new OutageLog(options.logger, `writing a new copy of shard ${options.shard}`);
    this.#removals = new OutageLog(options.logger, `removing unused copies of shard ${options.shard}`);
  }

  state(): ShardReplicationState {
    return {
      phase: this.#phase,
      lastError: this.#lastError,
      pendingMessages: this.#pipeline?.pendingMessages ?? 0,
      copyProgress: this.#copyProgress,
    };
  }

  /** Returns immediately, so that a shard that does not answer delays no other. */
  async start(): Promise<void> {
    this.#running = this.#run();
  }

  /** Resolves when everything that was received is in the sink and acknowledged, or the sink does not accept it. */
  async stop(): Promise<void> {
    this.#options.grace.begin();
    this.#stop.abort(new Error(`${this.name} is being stopped`));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#proceed(signal);
      } catch (error) {
        if (signal.aborted) break;
        await this.#recover(error, signal);
      }
    }
    this.#phase = 'stopped';
  }

  async #proceed(signal: AbortSignal): Promise<void> {
    const step = await this.#next();
    if (step.kind === 'failed' && !this.#mayCopy(step.error)) throw step.error;
    if (this.#phase === 'failed') this.#becomes('connecting');
    if (step.kind === 'stream') return this.#stream(step.from);
    if (step.kind === 'failed' && (await this.#copy(step.error.message))) return;
    if (step.kind === 'copy' && (await this.#copy(step.reason))) return;
    this.#standBy(step.kind === 'standby' ? step.holder : 'a process that copies it');
    await delay(STANDBY_POLL_MS, undefined, { signal });
  }

  /** Another process has the shard, unless what holds the slot is only the rest of a connection that this one has lost. */
  #standBy(heldBy: string): void {
    const { shard, logger } = this.#options;
    if (this.#phase === 'standby') this.#outages.handedOver();
    else logger.info({ shard, heldBy }, `${this.name}: standby`);
    this.#becomes('standby');
  }

  /** A lasting failure does not end when the source sees nothing wrong, but when a new copy exists, from any process. */
  async #next(): Promise<NextStep> {
    const { signal } = this.#stop;
    const position = await this.#options.sink.position(signal);
    this.#copyId = position?.copyId ?? null;
    const step = await this.#options.source.next(position, signal);
    if (this.#lasting?.copyId !== this.#copyId) this.#lasting = null;
    if (step.kind === 'failed') {
      this.#remember(step.error);
      return step;
    }
    return this.#lasting === null ? step : { kind: 'failed', error: this.#lasting.error };
  }

  /** The first lasting error of a copy stands for those that follow from it. */
  #remember(error: UnrepairableError): void {
    if (error.lasts) this.#lasting ??= { error, copyId: this.#copyId };
  }

  #mayCopy({ repairedByCopy }: UnrepairableError): boolean {
    return repairedByCopy && this.#options.resnapshot;
  }

  /**
   * @param reason why the sink's copy has become unusable; null if it has none.
   * @returns false: another process is copying.
   */
  async #copy(reason: string | null): Promise<boolean> {
    const { shard, sink, source, logger } = this.#options;
    try {
      const copied = await source.copy(
        {
          isNeeded: async () => {
            const step = await this.#next();
            if (step.kind === 'failed' && !this.#mayCopy(step.error)) throw step.error;
            return step.kind === 'copy' || step.kind === 'failed';
          },
          begin: async () => {
            this.#enter('snapshot');
            if (reason !== null) logger.warn({ shard, reason }, `${this.name}: copying the shard again`);
            return this.#newPipeline(sink, {
              copyId: await untilAborted(sink.beginCopy({ endsEarlier: true }), this.#stop.signal),
              lsn: 0n,
              heartbeatAt: null,
            });
          },
          onProgress: (progress) => {
            this.#copyProgress = progress;
          },
        },
        this.#stop.signal,
      );
      this.#pipeline?.broken.throwIfAborted();
      return copied;
    } finally {
      await this.#pipeline?.discard();
      this.#pipeline = null;
      this.#copyProgress = null;
    }
  }

  async #stream(from: SinkPosition): Promise<void> {
    const following = new FollowingSink(this.#options.sink, from.copyId);
    const pipeline = this.#newPipeline(following, from);
    const signal = AbortSignal.any([this.#stop.signal, pipeline.broken]);
    const removals = new PeriodicTask('removal of unused copies', REMOVAL_PERIOD_MS, () => this.#removeUnused());
    const ended = new AbortController();
    let copying: Promise<void> | null = null;
    const copyAnew = () => {
      copying ??= this.#copyBeside(following, AbortSignal.any([signal, ended.signal])).finally(() => {
        copying = null;
      });
    };
    const { shard, upkeep = [], onUpkeep: onOutcome = () => {}, logger } = this.#options;
    const isCopying = () => copying !== null;
    const tasks = new UpkeepTasks({
      ...{ upkeep, shard, isCopying, onOutcome, logger },
      signal: AbortSignal.any([signal, ended.signal]),
    });
    const onStart = () => {
      this.#enter('streaming');
      void removals.start();
      void tasks.start();
      if (this.#options.copyAnew === true && this.#copiedAnew === null) copyAnew();
    };
    const onCopyRequested = (replaced: bigint) => {
      if (replaced === following.followed) copyAnew();
    };
    try {
      await this.#options.source.stream(from, pipeline, { signal, onStart, onCopyRequested });
    } finally {
      ended.abort(new Error('The stream has ended'));
      await copying;
      await Promise.all([removals.stop(), tasks.stop()]);
      await pipeline.settle();
      this.#pipeline = null;
      pipeline.broken.throwIfAborted();
    }
  }

  async #removeUnused(): Promise<void> {
    const { sink, grace } = this.#options;
    try {
      await untilAborted(sink.removeUnused(), grace.over);
      this.#removals.succeeded();
    } catch (error) {
      this.#removals.failed(error);
    }
  }

  /** Never rejects: what ends it does not end the stream. */
  async #copyBeside(following: FollowingSink, signal: AbortSignal): Promise<void> {
    const { shard, source, sink, limits, logger } = this.#options;
    logger.info({ shard }, `${this.name}: copying the shard anew, beside the copy that is read`);
    try {
      const isCopied = await copyBeside({
        ...{ source, sink, following, limits, signal },
        onProgress: (progress) => {
          this.#copyProgress = progress;
        },
        onFailing: (error) => this.#copies.failed(error),
      });
      if (!isCopied) throw new Error('Another process is copying the shard');
      this.#copies.succeeded();
      this.#copiedAnew = following.followed;
      this.#copyId = following.followed;
      logger.info({ shard, copyId: String(following.followed) }, `${this.name}: the new copy is read from now on`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.warn({ shard, reason }, `${this.name}: the new copy was given up; the one before is still followed`);
    } finally {
      this.#copyProgress = null;
    }
    if (this.#options.copyAnew !== true || this.#copiedAnew !== null) return;
    await delay(FAILED_POLL_MS, undefined, { signal }).catch(() => {});
    if (!signal.aborted) await this.#copyBeside(following, signal);
  }

  #newPipeline(sink: ChangeSink, from: SinkPosition): ChangePipeline {
    const { limits, beat, onBatch, grace } = this.#options;
    const listener: BatchListener = {
      written: (batch) => {
        this.#progressed();
        onBatch(batch);
      },
      failing: (error) => this.#retrying(error),
    };
    this.#pipeline = new ChangePipeline({
      ...{ sink, limits, from, listener, ...(beat !== undefined && { beat }) },
      ...{ signal: this.#stop.signal, over: grace.over },
    });
    return this.#pipeline;
  }

  /** After a failure it must first prove that it works. */
  #enter(work: 'snapshot' | 'streaming'): void {
    this.#work = work;
    if (this.#lastError !== null) return;
    this.#phase = work;
    this.#options.logger.info({ shard: this.#options.shard }, `${this.name}: ${work}`);
  }

  /** The sink has taken a batch: that alone proves that both ends work. */
  #progressed(): void {
    this.#becomes(this.#work);
    this.#backoff.reset();
    this.#outages.succeeded();
  }

  #becomes(phase: ReplicationPhase): void {
    this.#phase = phase;
    this.#lastError = null;
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (error instanceof UnrepairableError) {
      this.#remember(error);
      if (this.#mayCopy(error)) return;
      this.#failed(this.#reasonOf(error));
    } else if (error instanceof PositionLostError) {
      // Logged in any case: the sink that lost it was probably failing before, and only the first failure is logged.
      const { shard, logger } = this.#options;
      logger.warn({ shard, reason: error.message }, `${this.name}: the sink has lost the position`);
      this.#retrying(error);
      return this.#backoff.wait(signal);
    } else if (this.#phase !== 'failed') {
      this.#retrying(error);
      return this.#backoff.wait(signal);
    }
    await delay(FAILED_POLL_MS, undefined, { signal }).catch(() => {});
  }

  /**
   * What the source finds while a lasting error holds is a consequence of it, or can wait until it is repaired; unless the
   * lasting error is about to be repaired here, and this one stands in the way.
   */
  #reasonOf(error: UnrepairableError): UnrepairableError {
    return this.#lasting === null || this.#mayCopy(this.#lasting.error) ? error : this.#lasting.error;
  }

  #retrying(error: unknown): void {
    this.#phase = 'retrying';
    this.#lastError = error instanceof Error ? error.message : String(error);
    this.#outages.failed(error);
  }

  #failed(error: UnrepairableError): void {
    const isKnown = this.#phase === 'failed' && this.#lastError === error.message;
    this.#phase = 'failed';
    this.#lastError = error.message;
    if (!isKnown) this.#outages.gaveUp(error);
  }
}
