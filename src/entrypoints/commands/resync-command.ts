import { loadServerConfig } from '../../config/server-config.ts';
import type { ShardId, TenantId } from '../../domain/identifiers.ts';
import { ShutdownGrace } from '../../lifecycle/shutdown-grace.ts';
import { checkServers } from '../../migration/checks/check-servers.ts';
import { verifyShards } from '../../migration/shard-identity.ts';
import { createLogger } from '../../observability/logger.ts';
import { resyncShard } from '../../replication/resync-shard.ts';
import { ShardReplicator } from '../../replication/shard-replicator.ts';
import { storedCopies } from '../../replication/sink/clickhouse/stored-copies.ts';
import { requestCopy } from '../../replication/source/slot/copy-request.ts';
import { estimateRows } from '../../replication/source/slot/snapshot-copy.ts';
import { describePlacement } from '../../sharding/describe-placement.ts';
import { beat } from '../../watermarks/heartbeat.ts';
import { runTask } from '../run-service.ts';
import { UsageError } from '../usage-error.ts';
import { openShardDatabases, ownClickHouse, remoteClickHouse } from '../wiring/open-databases.ts';
import { openReplicatedShards } from '../wiring/open-replicated-shards.ts';
import { startCatalog } from '../wiring/start-catalog.ts';
import { Terminal } from './terminal.ts';

export interface ResyncOptions {
  readonly shard?: readonly ShardId[];
  /** Only accepted to say what to use instead. */
  readonly tenant?: TenantId;
}

/** Has shards copied into ClickHouse anew, one after the other. What is read stays complete all the time. */
export async function runResync(options: ResyncOptions): Promise<void> {
  if (options.tenant !== undefined) {
    throw new UsageError(
      `resync copies whole shards. To renew the entities of tenant ${options.tenant} in place, run "atlas verify --tenant ${options.tenant} --repair".`,
    );
  }
  const { settings, shardConfig } = loadServerConfig({
    ATLAS_CLICKHOUSE_URL: 'it names the ClickHouse that the shards are copied into',
  });
  const chosen = chosenShards(
    options.shard,
    shardConfig.shards.map(({ id }) => id),
  );
  const logger = createLogger(settings.ATLAS_LOG_LEVEL);
  await runTask(logger, async (lifecycle, signal) => {
    const terminal = new Terminal(process.stdout);
    lifecycle.add('progress', async () => terminal.clear());
    const databases = openShardDatabases(lifecycle, shardConfig.shards, settings, logger, {
      purpose: 'resync',
      actAs: 'atlas_replicate',
      size: 2,
      statementTimeoutMs: settings.ATLAS_STATEMENT_TIMEOUT_MS,
    });
    await checkServers(databases, 'replicate', logger);
    const clusterId = await verifyShards(
      databases.flatMap(({ primary, replicas }) => [primary, ...replicas]),
      describePlacement(shardConfig.shards, shardConfig.placement),
    );
    const open = remoteClickHouse(lifecycle, settings.ATLAS_CLICKHOUSE_URL, settings);
    const openClickHouse = await ownClickHouse(open, settings.ATLAS_CLICKHOUSE_URL, clusterId, logger);
    const clickhouse = await openClickHouse('resync', 1);
    const catalog = await startCatalog({ settings, lifecycle, logger }, databases);
    const grace = new ShutdownGrace(settings.ATLAS_SHUTDOWN_GRACE_MS);
    const replicated = await openReplicatedShards(
      { settings, lifecycle, logger, shardConfig },
      openClickHouse,
      catalog,
    );
    for (const { shard, source, sink } of replicated.filter((ends) => chosen.includes(ends.shard))) {
      const primary = databases.find(({ endpoints }) => endpoints.id === shard)?.primary;
      if (primary === undefined) throw new RangeError(`There is no shard ${shard}`);
      const replicator = new ShardReplicator({
        ...{ shard, source, sink, resnapshot: true, copyAnew: true, grace, logger, onBatch: () => {} },
        limits: { rows: settings.ATLAS_REPLICATION_BATCH_ROWS, flushMs: settings.ATLAS_REPLICATION_FLUSH_MS },
      });
      const estimate = await estimateRows(primary);
      await replicator.start();
      try {
        await resyncShard(
          {
            ...{ shard, replicator },
            copies: (given) => storedCopies(clickhouse, shard, estimate, given),
            request: (replaced, given) => requestCopy(primary, replaced, given),
            beat: () => beat(primary, settings.ATLAS_HEARTBEAT_INTERVAL_MS),
            onProgress: (progress) => {
              const total = progress?.estimatedRows ?? 0;
              if (progress === null || total <= 0) terminal.progress(`Copying shard ${shard}`);
              else terminal.progress(`Copying shard ${shard}`, Math.min(1, progress.rows / total));
            },
          },
          signal,
        );
      } finally {
        await replicator.stop();
      }
      terminal.say(`Shard ${shard}: the new copy is read.`);
    }
  });
}

function chosenShards(asked: readonly ShardId[] | undefined, known: readonly ShardId[]): readonly ShardId[] {
  const unknown = asked?.find((shard) => !known.includes(shard));
  if (unknown === undefined) return asked ?? known;
  throw new UsageError(`There is no shard ${JSON.stringify(unknown)}; expected one of ${known.join(', ')}.`);
}
