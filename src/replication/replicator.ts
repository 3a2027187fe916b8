import type { ShardId } from '../domain/identifiers.ts';
import type { Service } from '../lifecycle/lifecycle.ts';
import type { ShutdownGrace } from '../lifecycle/shutdown-grace.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { WrittenBatch } from './batch-writer.ts';
import type { BatchLimits } from './change-pipeline.ts';
import { FlushBeat } from './flush-beat.ts';
import { type ShardReplicationState, ShardReplicator } from './shard-replicator.ts';
import type { ChangeSink } from './sink/change-sink.ts';
import type { ChangeSource } from './source/change-source.ts';
import type { Upkeep } from './upkeep/upkeep.ts';

export interface ReplicatedShard {
  readonly shard: ShardId;
  readonly source: ChangeSource;
  readonly sink: ChangeSink;
  readonly upkeep: readonly Upkeep[];
}

export interface ReplicatorOptions {
  readonly shards: readonly ReplicatedShard[];
  readonly limits: BatchLimits;
  /** Copy a shard again if its stream cannot be continued, instead of failing. */
  readonly resnapshot: boolean;
  /** How long a sink that does not answer may hold `stop`. */
  readonly grace: ShutdownGrace;
  readonly metrics: Pick<
    Metrics,
    | 'replicatedRows'
    | 'replicatedBatches'
    | 'replicatedBatchDuration'
    | 'replicatedBatchRows'
    | 'replicatorWatermark'
    | 'upkeepStatus'
  >;
  readonly logger: Logger;
}

/** Carries the changes of every shard from its source into its sink. Shards are written at the same time where that is cheaper; none waits for another one to recover. */
export class Replicator implements Service {
  readonly name = 'change capture';
  readonly #shards: ReadonlyMap<ShardId, ShardReplicator>;

  constructor({ shards, metrics, ...shared }: ReplicatorOptions) {
    const beat = new FlushBeat();
    this.#shards = new Map(
      shards.map((ends) => {
        const onBatch = (batch: WrittenBatch) => count(metrics, ends.shard, batch);
        const onUpkeep = (work: string, isFailing: boolean | null) => {
          const series = { shard: ends.shard, work };
          if (isFailing === null) metrics.upkeepStatus.remove(series);
          else metrics.upkeepStatus.set(series, isFailing ? 0 : 1);
        };
        return [ends.shard, new ShardReplicator({ ...shared, ...ends, beat, onBatch, onUpkeep })];
      }),
    );
  }

  async start(): Promise<void> {
    await Promise.all([...this.#shards.values()].map((shard) => shard.start()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#shards.values()].map((shard) => shard.stop()));
  }

  states(): ReadonlyMap<ShardId, ShardReplicationState> {
    return new Map([...this.#shards].map(([id, shard]) => [id, shard.state()]));
  }

  /** Why a shard's stream has stopped until the cause is repaired; null if it has not. */
  failure(shard: ShardId): string | null {
    const state = this.#shards.get(shard)?.state();
    return state?.phase === 'failed' ? state.lastError : null;
  }
}

function count(
  metrics: ReplicatorOptions['metrics'],
  shard: ShardId,
  { rows, seconds, heartbeatAt }: WrittenBatch,
): void {
  let all = 0;
  for (const [table, number] of Object.entries(rows)) {
    metrics.replicatedRows.inc({ shard, table }, number);
    all += number;
  }
  metrics.replicatedBatches.inc({ shard });
  metrics.replicatedBatchRows.observe({ shard }, all);
  metrics.replicatedBatchDuration.observe({ shard }, seconds);
  if (heartbeatAt !== null) metrics.replicatorWatermark.set({ shard }, heartbeatAt / 1_000);
}
