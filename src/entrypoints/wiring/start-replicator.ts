import type { AttributeLookup } from '../../domain/catalog/attribute.ts';
import { systemClock } from '../../lib/clock.ts';
import type { ShutdownGrace } from '../../lifecycle/shutdown-grace.ts';
import { Replicator } from '../../replication/replicator.ts';
import { ClickHouseSink } from '../../replication/sink/clickhouse/clickhouse-sink.ts';
import { SlotSource } from '../../replication/source/slot/slot-source.ts';
import { type OpenClickHouse, openShardDatabases } from './open-databases.ts';
import type { ServiceEnvironment } from './service-environment.ts';

/** The longest write of a batch. A server that died silently is noticed only after this time. */
const SINK_TIMEOUT_MS = 60_000;

export async function startReplicator(
  environment: ServiceEnvironment,
  openClickHouse: OpenClickHouse,
  attributes: AttributeLookup,
  options: { readonly resnapshot: boolean; readonly grace: ShutdownGrace },
): Promise<Replicator> {
  const { settings, shardConfig, lifecycle, metrics, logger } = environment;
  const databases = openShardDatabases(lifecycle, shardConfig.shards, settings, logger, {
    purpose: 'replicator',
    size: 2,
    // A copy of all entities is one long statement.
    statementTimeoutMs: 0,
  });
  const shards = [];
  for (const { endpoints, primary } of databases) {
    const shard = endpoints.id;
    const clickhouse = await openClickHouse('replicator', 1, { timeoutMs: SINK_TIMEOUT_MS });
    shards.push({
      shard,
      source: new SlotSource({ endpoints, primary, leaseMs: settings.ATLAS_REPLICATION_LEASE_MS }),
      sink: new ClickHouseSink({
        ...{ clickhouse, shard, attributes },
        ...{ retentionMs: settings.ATLAS_COPY_RETENTION_MS, clock: systemClock },
      }),
    });
  }
  const replicator = new Replicator({
    shards,
    limits: { rows: settings.ATLAS_REPLICATION_BATCH_ROWS, flushMs: settings.ATLAS_REPLICATION_FLUSH_MS },
    resnapshot: options.resnapshot,
    grace: options.grace,
    metrics,
    logger,
  });
  metrics.beforeScrape(() => {
    metrics.replicatorPhase.reset();
    for (const [shard, { phase }] of replicator.states()) metrics.replicatorPhase.set({ shard, phase }, 1);
  });
  await lifecycle.start(replicator);
  return replicator;
}
