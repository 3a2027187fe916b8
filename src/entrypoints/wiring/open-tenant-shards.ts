import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { PostgresPool } from '../../connections/postgres/postgres-pool.ts';
import { checkServers } from '../../migration/checks/check-servers.ts';
import { verifyShards } from '../../migration/shard-identity.ts';
import { describePlacement } from '../../sharding/describe-placement.ts';
import { openShardDatabases, ownClickHouse, remoteClickHouse, type ShardDatabases } from './open-databases.ts';
import type { ServiceEnvironment } from './service-environment.ts';
import { shardsOf } from './shards-of.ts';

/** The primaries of the shards in ATLAS_SHARDS or, if it is not set, of the running embedded stack; the home of the catalog first. */
export async function openTenantShards(
  environment: Pick<ServiceEnvironment, 'settings' | 'lifecycle' | 'logger'>,
  purpose: string,
): Promise<readonly [PostgresPool, ...PostgresPool[]]> {
  const [home, ...others] = (await openTenantDatabases(environment, purpose)).map(({ primary }) => primary);
  if (home === undefined) throw new RangeError('There is no shard');
  return [home, ...others];
}

/** The same shards, without replicas: what is done to a tenant concerns the primaries. */
export async function openTenantDatabases(
  { settings, lifecycle, logger }: Pick<ServiceEnvironment, 'settings' | 'lifecycle' | 'logger'>,
  purpose: string,
): Promise<readonly ShardDatabases[]> {
  const { shards, placement } = shardsOf(settings);
  const opened = openShardDatabases(lifecycle, shards, settings, logger, {
    ...{ purpose, actAs: 'atlas_serve', size: 2 },
    // A batch of a large tenant may take longer than a request's statement.
    statementTimeoutMs: 0,
  });
  const databases = opened.map((database) => ({ ...database, replicas: [] }));
  await checkServers(databases, 'serve', logger);
  await verifyShards(
    databases.map(({ primary }) => primary),
    describePlacement(shards, placement),
  );
  return databases;
}

/** The ClickHouse of these shards; null unless ATLAS_CLICKHOUSE_URL names one: that of an embedded stack is in its process. */
export async function openTenantClickHouse(
  { settings, lifecycle, logger }: Pick<ServiceEnvironment, 'settings' | 'lifecycle' | 'logger'>,
  primaries: readonly PostgresPool[],
  purpose: string,
): Promise<ClickHouseDatabase | null> {
  const url = settings.ATLAS_CLICKHOUSE_URL;
  if (url === undefined) return null;
  const { shards, placement } = shardsOf(settings);
  const clusterId = await verifyShards(primaries, describePlacement(shards, placement));
  const open = await ownClickHouse(remoteClickHouse(lifecycle, url, settings), url, clusterId, logger);
  return open(purpose, 1);
}
