import { loadServerConfig } from '../../config/server-config.ts';
import { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { migrateClickHouse } from '../../migration/migrate-clickhouse.ts';
import { lockedBy, migrateShards } from '../../migration/migrate-shards.ts';
import { createLogger } from '../../observability/logger.ts';
import { remoteClickHouse } from '../wiring/open-databases.ts';

export async function runMigrate(): Promise<void> {
  const { settings, shardConfig } = loadServerConfig({});
  const { shards } = shardConfig;
  const options = {
    connectTimeoutMs: settings.ATLAS_CONNECT_TIMEOUT_MS,
    logger: createLogger(settings.ATLAS_LOG_LEVEL),
  };
  const { applied, clusterId } = await migrateShards(shardConfig, options);
  for (const [shard, files] of applied) report(`shard ${shard}`, files);
  const [home] = shards;
  if (settings.ATLAS_CLICKHOUSE_URL === undefined || home === undefined) {
    process.stdout.write('ClickHouse: not configured (ATLAS_CLICKHOUSE_URL).\n');
    return;
  }
  const lifecycle = new Lifecycle();
  try {
    const clickhouse = await remoteClickHouse(lifecycle, settings.ATLAS_CLICKHOUSE_URL, settings)('migrate', 1);
    report('ClickHouse', await migrateClickHouse(clickhouse, clusterId, (work) => lockedBy(home, options, work)));
  } finally {
    await lifecycle.stop();
  }
}

function report(store: string, files: readonly string[]): void {
  const what = files.length === 0 ? 'up to date' : `applied ${files.join(', ')}`;
  process.stdout.write(`${store}: ${what}.\n`);
}
