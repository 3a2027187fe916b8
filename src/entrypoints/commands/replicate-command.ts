import { REPLICATE_DEFAULTS } from '../../config/command-defaults.ts';
import { loadServerConfig } from '../../config/server-config.ts';
import { checkServers } from '../../migration/checks/check-servers.ts';
import { verifyShards } from '../../migration/shard-identity.ts';
import { createLogger } from '../../observability/logger.ts';
import { Metrics } from '../../observability/metrics.ts';
import { describePlacement } from '../../sharding/describe-placement.ts';
import { runService } from '../run-service.ts';
import { openShardDatabases, ownClickHouse, remoteClickHouse } from '../wiring/open-databases.ts';
import { startCatalog } from '../wiring/start-catalog.ts';
import { startMonitoring } from '../wiring/start-monitoring.ts';
import { startReplicator } from '../wiring/start-replicator.ts';
import { startServer } from '../wiring/start-server.ts';
import { openComparedShards, startVerificationMonitor, startVerifier } from '../wiring/start-verification.ts';

export interface ReplicateOptions {
  readonly resnapshot?: true;
}

/** Carries changes, and serves health and metrics like `serve`. */
export async function runReplicate(options: ReplicateOptions): Promise<void> {
  const needs = { ATLAS_CLICKHOUSE_URL: 'it names the ClickHouse that changes are carried into' };
  const { settings, shardConfig } = loadServerConfig(needs, undefined, REPLICATE_DEFAULTS);
  const logger = createLogger(settings.ATLAS_LOG_LEVEL);
  await runService(logger, { graceMs: settings.ATLAS_SHUTDOWN_GRACE_MS }, async ({ lifecycle, grace }) => {
    const metrics = new Metrics();
    const shards = openShardDatabases(lifecycle, shardConfig.shards, settings, logger, {
      purpose: 'replicate',
      actAs: 'atlas_replicate',
      size: 2,
      statementTimeoutMs: settings.ATLAS_STATEMENT_TIMEOUT_MS,
    });
    await checkServers(shards, 'replicate', logger);
    const clusterId = await verifyShards(
      shards.flatMap(({ primary, replicas }) => [primary, ...replicas]),
      describePlacement(shardConfig.shards, shardConfig.placement),
    );
    const open = remoteClickHouse(lifecycle, settings.ATLAS_CLICKHOUSE_URL, settings);
    const openClickHouse = await ownClickHouse(open, settings.ATLAS_CLICKHOUSE_URL, clusterId, logger);
    const actAs = 'atlas_replicate' as const;
    const environment = { settings, shardConfig, actAs, openClickHouse, lifecycle, metrics, tracing: null, logger };
    const catalog = await startCatalog(environment, shards);
    const replicator = await startReplicator(environment, openClickHouse, catalog, {
      resnapshot: options.resnapshot === true,
      grace,
    });
    const { replication, topics } = await startMonitoring(environment, replicator);
    const clickhouse = await openClickHouse('verification', 1);
    const compared = { shards: openComparedShards(environment), clickhouse };
    await startVerifier(environment, compared, catalog, replicator);
    const verification = await startVerificationMonitor(environment);
    const server = await startServer(environment, {
      graphql: null,
      grace,
      replication,
      topics,
      verification,
      verify: null,
    });
    logger.info({ url: server.url }, 'replicating');
  });
}
