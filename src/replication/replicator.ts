import type { PostgresDatabase } from '../connections/postgres/postgres-database.ts';
import type { AttributeLookup } from '../domain/catalog/attribute.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { ShardEndpoints } from '../domain/shard.ts';
import type { Service } from '../lifecycle/lifecycle.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { BatchLimits } from './change-pipeline.ts';
import type { ShardReplicationState } from './shard-replication-state.ts';
import { ShardReplicator } from './shard-replicator.ts';
import type { ChangeSink } from './sink/change-sink.ts';

export interface ReplicatedShard {
  readonly endpoints: ShardEndpoints;
  readonly primary: PostgresDatabase;
  /** Of its own, so that shards do not wait for each other's inserts. */
  readonly sink: ChangeSink;
}

export interface ReplicatorOptions {
  readonly shards: readonly ReplicatedShard[];
  readonly attributes: AttributeLookup;
  readonly limits: BatchLimits;
  /** Copy a shard anew where its stream is broken, instead of failing. */
  readonly resnapshot: boolean;
  readonly metrics: Pick<Metrics, 'replicatedRows' | 'replicatedBatches' | 'replicatedBatchDuration'>;
  readonly logger: Logger;
}

/** Carries the changes of every shard into ClickHouse, each on its own. */
export class Replicator implements Service {
  readonly name = 'change capture';
  readonly #shards: ReadonlyMap<ShardId, ShardReplicator>;

  constructor({ shards, metrics, ...shared }: ReplicatorOptions) {
    this.#shards = new Map(
      shards.map((shard) => {
        const { id } = shard.endpoints;
        return [id, new ShardReplicator({ ...shared, ...shard, onBatch: (batch) => count(metrics, id, batch) })];
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
}

function count(
  { replicatedRows, replicatedBatches, replicatedBatchDuration }: ReplicatorOptions['metrics'],
  shard: ShardId,
  batch: { readonly entities: number; readonly attributes: number; readonly seconds: number },
): void {
  replicatedRows.inc({ shard, table: 'entity' }, batch.entities);
  replicatedRows.inc({ shard, table: 'entity_attribute' }, batch.attributes);
  replicatedBatches.inc({ shard });
  replicatedBatchDuration.observe({ shard }, batch.seconds);
}
