import { loadServerConfig } from '../../config/server-config.ts';
import type { Settings } from '../../config/settings.ts';
import { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { checkClickHouse } from '../../migration/checks/check-clickhouse.ts';
import { checkCluster } from '../../migration/clickhouse-cluster.ts';
import { migrateClickHouse } from '../../migration/migrate-clickhouse.ts';
import { lockedBy, migrateShards, type RolePasswords } from '../../migration/migrate-shards.ts';
import { createLogger } from '../../observability/logger.ts';
import { remoteClickHouse } from '../wiring/open-databases.ts';

export async function runMigrate(): Promise<void> {
  const { settings, shardConfig } = loadServerConfig({});
  const { shards } = shardConfig;
  const logger = createLogger(settings.ATLAS_LOG_LEVEL);
  const options = { connectTimeoutMs: settings.ATLAS_CONNECT_TIMEOUT_MS, logger };
  const clickhouseUrl = settings.ATLAS_CLICKHOUSE_URL;
  const lifecycle = new Lifecycle();
  try {
    const clickhouse =
      clickhouseUrl === undefined ? null : await remoteClickHouse(lifecycle, clickhouseUrl, settings)('migrate', 1);
    // Before anything is written.
    const cluster = settings.ATLAS_CLICKHOUSE_CLUSTER ?? null;
    if (clickhouse !== null && clickhouseUrl !== undefined) {
      await checkClickHouse(clickhouse, clickhouseUrl, true, logger);
      await checkCluster(clickhouse, cluster);
    }
    const { applied, clusterId } = await migrateShards(shardConfig, { ...options, passwords: rolePasswords(settings) });
    for (const [shard, files] of applied) report(`shard ${shard}`, files);
    const [home] = shards;
    if (clickhouse === null || home === undefined) {
      process.stdout.write('ClickHouse: not configured (ATLAS_CLICKHOUSE_URL).\n');
      return;
    }
    const lock = <T>(work: () => Promise<T>) => lockedBy(home, options, work);
    report('ClickHouse', await migrateClickHouse(clickhouse, clusterId, lock, { cluster }));
  } finally {
    await lifecycle.stop();
  }
}

function rolePasswords({ ATLAS_SERVE_PASSWORD, ATLAS_REPLICATE_PASSWORD }: Settings): RolePasswords {
  return {
    ...(ATLAS_SERVE_PASSWORD === undefined ? {} : { atlas_serve: ATLAS_SERVE_PASSWORD }),
    ...(ATLAS_REPLICATE_PASSWORD === undefined ? {} : { atlas_replicate: ATLAS_REPLICATE_PASSWORD }),
  };
}

function report(store: string, files: readonly string[]): void {
  const what = files.length === 0 ? 'up to date' : `applied ${files.join(', ')}`;
  process.stdout.write(`${store}: ${what}.\n`);
}
