import { requestLimits } from '../../config/request-limits.ts';
import { tenantSources } from '../../config/tenant-sources.ts';
import type { Breaker } from '../../connections/breaker.ts';
import { observeBreakers, type ServerBreaker } from '../../connections/observe-breakers.ts';
import { observePools } from '../../connections/postgres/observe-pools.ts';
import { ClickHouseEntityReader } from '../../datasources/clickhouse/clickhouse-entity-reader.ts';
import type { EntityReader } from '../../datasources/entity-reader.ts';
import type { PostgresAttributeCatalog } from '../../datasources/postgres/catalog/postgres-attribute-catalog.ts';
import { PostgresEntityReader } from '../../datasources/postgres/reading/postgres-entity-reader.ts';
import { PostgresEntityWriter } from '../../datasources/postgres/writing/postgres-entity-writer.ts';
import { systemPause } from '../../datasources/routing/await-positions.ts';
import { countRead } from '../../datasources/routing/count-read.ts';
import { ReadRouter } from '../../datasources/routing/read-router.ts';
import type { ReadSources } from '../../datasources/routing/read-sources.ts';
import { clickhouseSource, replicaSource } from '../../datasources/routing/replicated-source.ts';
import { watchServers } from '../../datasources/routing/watch-servers.ts';
import { WatchedServer } from '../../datasources/routing/watched-server.ts';
import { TimedEntityReader } from '../../datasources/timed-entity-reader.ts';
import type { TenantId } from '../../domain/identifiers.ts';
import type { DataSource } from '../../freshness/freshness.ts';
import type { ReplicationState } from '../../freshness/replication-state.ts';
import { createGraphQLHandler } from '../../graphql/create-graphql-handler.ts';
import { systemClock } from '../../lib/clock.ts';
import { ShutdownGrace } from '../../lifecycle/shutdown-grace.ts';
import { ShardMap } from '../../sharding/shard-map.ts';
import { createBreaker, type ShardDatabases } from './open-databases.ts';
import type { ServiceEnvironment } from './service-environment.ts';
import { startServer } from './start-server.ts';

/** Statements of requests that run on ClickHouse at once; further ones wait. */
const CLICKHOUSE_READERS = 4;

export interface SubgraphParts {
  readonly shards: readonly ShardDatabases[];
  readonly catalog: PostgresAttributeCatalog;
  readonly replication: ReplicationState;
  /** The id of the installation, as stored on the shards. */
  readonly clusterId: string;
  /** The tenant of a request that names none; null if such a request is refused. */
  readonly defaultTenant: TenantId | null;
}

export interface RunningSubgraph {
  readonly url: string;
  readonly writer: PostgresEntityWriter;
}

/** Wires the read path, the write path and the HTTP server, and listens. */
export async function startSubgraph(environment: ServiceEnvironment, parts: SubgraphParts): Promise<RunningSubgraph> {
  const { settings, shardConfig, lifecycle, metrics, logger } = environment;
  const { shards, catalog, replication } = parts;
  observePools(
    metrics,
    shards.flatMap(({ primary, replicas }) => [primary, ...replicas]),
  );
  const clickhouseBreaker = createBreaker(settings);
  const breakers: ServerBreaker[] = shards.flatMap(breakersOf);
  if (environment.openClickHouse !== null) {
    breakers.push({ shard: '', source: 'CLICKHOUSE', replica: '', breaker: clickhouseBreaker });
  }
  observeBreakers(metrics, breakers);
  const shardMap = new ShardMap(shardConfig.shards, shardConfig.placement);
  const writer = new PostgresEntityWriter(
    shardMap,
    shards.map(({ primary }) => primary),
    systemClock,
    { maxEntityBytes: settings.ATLAS_MAX_ENTITY_BYTES },
  );
  const replicas = shards.map((shard) => watchedReplicas(shard, replication));
  await lifecycle.start(
    watchServers({
      shards: shards.map(({ endpoints }) => endpoints.id),
      replication,
      replicas: replicas.flat(),
      breakers,
      periodMs: settings.ATLAS_PROBE_INTERVAL_MS,
    }),
  );
  const router = new ReadRouter({
    sources: await readSources(environment, shards, replicas, clickhouseBreaker),
    replication,
    clock: systemClock,
    pause: systemPause,
    onRoute: (read) => countRead(metrics, read),
  });
  const grace = new ShutdownGrace(settings.ATLAS_SHUTDOWN_GRACE_MS);
  const graphql = createGraphQLHandler({
    limits: requestLimits(settings),
    tenantSources: tenantSources(settings),
    clock: systemClock,
    shards: shardMap,
    tokenScope: { cluster: parts.clusterId, shards: shardConfig.shards.map(({ id }) => id) },
    attributes: catalog,
    router,
    writer,
    replication,
    logger,
    defaultTenant: parts.defaultTenant,
    grace,
  });
  lifecycle.add('GraphQL', () => graphql.stop());
  const server = await startServer(environment, { graphql, grace, replication });
  return { url: server.url, writer };
}

function breakersOf({ endpoints: { id: shard }, primary, replicas }: ShardDatabases): ServerBreaker[] {
  const servers = [
    { source: 'PRIMARY' as const, replica: '', breaker: primary.breaker },
    ...replicas.map(({ breaker }, index) => ({ source: 'REPLICA' as const, replica: String(index), breaker })),
  ];
  return servers.flatMap(({ breaker, ...server }) => (breaker === null ? [] : [{ shard, ...server, breaker }]));
}

function watchedReplicas({ replicas }: ShardDatabases, replication: ReplicationState): WatchedServer[] {
  return replicas.map(
    (replica, index) =>
      new WatchedServer(replica, () => replication.replicas(replica.shard)[index]?.answeredAt === null),
  );
}

/** @param replicas of each shard, in the order of the shards. */
async function readSources(
  { openClickHouse, metrics, settings }: ServiceEnvironment,
  shards: readonly ShardDatabases[],
  replicas: readonly (readonly WatchedServer[])[],
  breaker: Breaker,
): Promise<ReadSources> {
  const timed = (reader: EntityReader, source: DataSource): EntityReader =>
    new TimedEntityReader(reader, source, metrics);
  const clickhouse =
    openClickHouse === null
      ? null
      : await openClickHouse('reader', CLICKHOUSE_READERS, { resultBytes: settings.ATLAS_MAX_READ_BYTES, breaker });
  const shardIds = shards.map(({ endpoints }) => endpoints.id);
  return {
    shards: shards.map(({ endpoints, primary }, index) => ({
      shard: endpoints.id,
      primary: timed(new PostgresEntityReader(primary), 'PRIMARY'),
      replicas: (replicas[index] ?? []).map((replica) =>
        replicaSource(replica, timed(new PostgresEntityReader(replica), 'REPLICA')),
      ),
    })),
    clickhouse:
      clickhouse === null
        ? null
        : clickhouseSource(clickhouse, timed(new ClickHouseEntityReader(clickhouse, shardIds), 'CLICKHOUSE')),
  };
}
