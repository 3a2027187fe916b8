import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresDatabase } from '../connections/postgres/postgres-database.ts';
import type { AttributeLookup } from '../domain/catalog/attribute.ts';
import type { ShardEndpoints } from '../domain/shard.ts';
import { Backoff } from '../lifecycle/backoff.ts';
import type { Service } from '../lifecycle/lifecycle.ts';
import type { Logger } from '../observability/logger.ts';
import { OutageLog } from '../observability/outage-log.ts';
import { changeOf } from './change.ts';
import { type BatchLimits, ChangePipeline, type PipelineListener } from './change-pipeline.ts';
import { type NextStep, nextStep } from './next-step.ts';
import type { ReplicationPhase, ShardReplicationState } from './shard-replication-state.ts';
import type { ChangeSink, Position } from './sink/change-sink.ts';
import { ChangeStream } from './source/change-stream.ts';
import { initialCopy } from './source/initial-copy.ts';
import { currentLsn, readSlot } from './source/replication-slot.ts';
import type { SnapshotProgress } from './source/snapshot-copy.ts';
import { StreamBrokenError } from './stream-broken-error.ts';

/** A standby looks this often whether the shard has become free. */
const STANDBY_POLL_MS = 500;

export interface ShardReplicatorOptions {
  readonly endpoints: ShardEndpoints;
  readonly primary: PostgresDatabase;
  readonly sink: ChangeSink;
  readonly attributes: AttributeLookup;
  readonly limits: BatchLimits;
  /** Copy the shard anew where its stream is broken, instead of failing. */
  readonly resnapshot: boolean;
  readonly onBatch: PipelineListener['written'];
  readonly logger: Logger;
}

/**
 * Carries one shard's changes into ClickHouse, without gap, until it is stopped. Everything that fails is tried again;
 * where trying again would skip changes it stays `failed`.
 */
export class ShardReplicator implements Service {
  readonly name: string;
  readonly #options: ShardReplicatorOptions;
  readonly #stop = new AbortController();
  readonly #backoff = new Backoff();
  readonly #outages: OutageLog;
  #running: Promise<void> = Promise.resolve();
  #phase: ReplicationPhase = 'connecting';
  /** What it does while nothing is wrong. */
  #work: 'connecting' | 'snapshot' | 'streaming' = 'connecting';
  #lastError: string | null = null;
  #pipeline: ChangePipeline | null = null;
  #snapshotProgress: SnapshotProgress | null = null;
  /** Why the stream was found broken; only where that is repaired here. */
  #brokenBy: string | null = null;

  constructor(options: ShardReplicatorOptions) {
    this.#options = options;
    this.name = `change capture of shard ${options.endpoints.id}`;
    this.#outages = new OutageLog(options.logger, this.name);
  }

  state(): ShardReplicationState {
    return {
      phase: this.#phase,
      lastError: this.#lastError,
      pendingMessages: this.#pipeline?.pendingMessages ?? 0,
      snapshotProgress: this.#snapshotProgress,
    };
  }

  /** Returns at once: a shard that does not answer keeps no other waiting. */
  async start(): Promise<void> {
    this.#running = this.#run();
  }

  /** Resolves when everything that was received is in ClickHouse and acknowledged, or ClickHouse does not take it. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error(`${this.name} is being stopped`));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        if (await this.#proceed()) continue;
        this.#phase = 'standby';
        await delay(STANDBY_POLL_MS, undefined, { signal });
      } catch (error) {
        if (signal.aborted) break;
        this.#failing(error);
        await this.#backoff.wait(signal);
      }
    }
    this.#phase = 'stopped';
  }

  /** @returns false where another process is at work. */
  async #proceed(): Promise<boolean> {
    const { active, step } = await this.#look();
    if (active) return false;
    if (step.kind === 'stream') return this.#stream(step.from);
    if (step.kind === 'broken' && !this.#options.resnapshot) throw new StreamBrokenError(step.reason);
    return this.#copy();
  }

  async #look(): Promise<{ active: boolean; step: NextStep }> {
    const { primary, sink, endpoints } = this.#options;
    const slot = await readSlot(primary);
    const position = await sink.position(endpoints.id);
    const step: NextStep =
      this.#brokenBy === null
        ? nextStep(slot, position, await currentLsn(primary))
        : { kind: 'broken', reason: this.#brokenBy };
    return { active: slot?.active ?? false, step };
  }

  async #copy(): Promise<boolean> {
    this.#enter('snapshot');
    try {
      const copied = await initialCopy({
        ...this.#options,
        ...this.#pipelineOptions(),
        isNeeded: async () => (await this.#look()).step.kind !== 'stream',
        listener: this.#listener(() => {}),
        onProgress: (progress) => {
          this.#snapshotProgress = progress;
        },
      });
      if (copied) this.#brokenBy = null;
      return copied;
    } finally {
      this.#snapshotProgress = null;
    }
  }

  async #stream(from: Position): Promise<boolean> {
    const { signal } = this.#stop;
    const listener = this.#listener(({ lsn }) => stream.acknowledge(lsn));
    const pipeline = new ChangePipeline({ ...this.#pipelineOptions(), from, listener });
    const stream = new ChangeStream({
      primary: this.#options.endpoints.primary,
      from: from.lsn,
      receive: (lsn, message) => {
        const change = changeOf(lsn, message);
        return change === null ? undefined : pipeline.receive(change);
      },
    });
    this.#pipeline = pipeline;
    let finished = Promise.resolve();
    const finish = async () => {
      stream.quiesce();
      await pipeline.drain();
      await stream.close(signal.reason as Error);
    };
    const onAbort = () => {
      finished = finish();
    };
    signal.addEventListener('abort', onAbort);
    try {
      signal.throwIfAborted();
      return await stream.run(() => this.#enter('streaming'));
    } catch (error) {
      if (error instanceof StreamBrokenError && this.#options.resnapshot) this.#brokenBy = error.reason;
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      await pipeline.drain();
      await finished;
      this.#pipeline = null;
    }
  }

  #pipelineOptions() {
    const { endpoints, sink, attributes, limits } = this.#options;
    return { shard: endpoints.id, sink, attributes, limits, signal: this.#stop.signal };
  }

  #listener(reached: PipelineListener['reached']): PipelineListener {
    return {
      reached,
      written: (batch) => {
        this.#working();
        this.#options.onBatch(batch);
      },
      failing: (error) => this.#failing(error),
      working: () => this.#working(),
    };
  }

  #enter(work: 'snapshot' | 'streaming'): void {
    this.#work = work;
    this.#working();
    this.#options.logger.info({ shard: this.#options.endpoints.id }, `${this.name}: ${work}`);
  }

  #working(): void {
    this.#phase = this.#work;
    this.#lastError = null;
    this.#backoff.reset();
    this.#outages.succeeded();
  }

  #failing(error: unknown): void {
    this.#phase = error instanceof StreamBrokenError ? 'failed' : 'retrying';
    this.#lastError = error instanceof Error ? error.message : String(error);
    this.#outages.failed(error);
  }
}
