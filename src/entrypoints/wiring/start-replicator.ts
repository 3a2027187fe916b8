import type { AttributeLookup } from '../../domain/catalog/attribute.ts';
import type { ShutdownGrace } from '../../lifecycle/shutdown-grace.ts';
import { Replicator } from '../../replication/replicator.ts';
import type { OpenClickHouse } from './open-databases.ts';
import { openReplicatedShards } from './open-replicated-shards.ts';
import type { ServiceEnvironment } from './service-environment.ts';

export async function startReplicator(
  environment: ServiceEnvironment,
  openClickHouse: OpenClickHouse,
  attributes: AttributeLookup,
  options: { readonly resnapshot: boolean; readonly grace: ShutdownGrace },
): Promise<Replicator> {
  const { settings, lifecycle, metrics, logger } = environment;
  const shards = await openReplicatedShards(environment, openClickHouse, attributes);
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
