import { catalogQuota } from '../../config/catalog-quota.ts';
import { PostgresAttributeCatalog } from '../../datasources/postgres/catalog/postgres-attribute-catalog.ts';
import type { ShardDatabases } from './open-databases.ts';
import type { ServiceEnvironment } from './service-environment.ts';

/** The first shard is the catalog's home; while it is down, the copies on the other servers are used. */
export async function startCatalog(
  { settings, lifecycle, logger }: Pick<ServiceEnvironment, 'settings' | 'lifecycle' | 'logger'>,
  shards: readonly ShardDatabases[],
): Promise<PostgresAttributeCatalog> {
  const [home, ...others] = shards;
  if (home === undefined) throw new RangeError('There is no shard');
  const catalog = new PostgresAttributeCatalog({
    home: home.primary,
    homeUrl: home.endpoints.primary,
    copies: [...others.map(({ primary }) => primary), ...shards.flatMap(({ replicas }) => replicas)],
    connectTimeoutMs: settings.ATLAS_CONNECT_TIMEOUT_MS,
    quota: catalogQuota(settings),
    applicationName: 'atlas catalog',
    logger,
  });
  await lifecycle.start(catalog);
  return catalog;
}
