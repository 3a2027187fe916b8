import type { Breaker } from '../../connections/breaker.ts';
import { observeBreakers, type ServerBreaker } from '../../connections/observe-breakers.ts';
import { observePools } from '../../connections/postgres/observe-pools.ts';
import type { PostgresServer } from '../../connections/postgres/postgres-database.ts';
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
import { WatchedServer } from '../../datasources/routing/watched-server.ts';
import { TimedEntityReader } from '../../datasources/timed-entity-reader.ts';
import type { TenantId } from '../../domain/identifiers.ts';
import type { DataSource } from '../../freshness/freshness.ts';
import type { ReplicationState } from '../../freshness/replication-state.ts';
import { createGraphQLHandler } from '../../graphql/create-graphql-handler.ts';
import { systemClock } from '../../lib/clock.ts';
import { PeriodicTask } from '../../lifecycle/periodic-task.ts';
import { ShutdownGrace } from '../../lifecycle/shutdown-grace.ts';
import { HttpServer } from '../../server/http-server.ts';
import { ShardMap } from '../../sharding/shard-map.ts';
import { createBreaker, type ShardDatabases } from './open-databases.ts';
import type { ServiceEnvironment } from './service-environment.ts';

/** Statements of requests that run on ClickHouse at once; further ones wait. */
const CLICKHOUSE_READERS = 4;

export interface SubgraphParts {
  readonly shards: readonly ShardDatabases[];
  readonly catalog: PostgresAttributeCatalog;
  readonly replication: ReplicationState;
  /** Of the installation, as the shards have it. */
  readonly clusterId: string;
  /** The tenant of a request that names none; null: such a request is refused. */
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
  observeBreakers(metrics, [
    ...shards.flatMap(breakersOf),
    ...(environment.openClickHouse === null
      ? []
      : [{ shard: '', source: 'CLICKHOUSE' as const, replica: '', breaker: clickhouseBreaker }]),
  ]);
  const shardMap = new ShardMap(shardConfig.shards, shardConfig.placement);
  const writer = new PostgresEntityWriter(
    shardMap,
    shards.map(({ primary }) => primary),
    systemClock,
    { maxEntityBytes: settings.ATLAS_MAX_ENTITY_BYTES },
  );
  const router = new ReadRouter({
    sources: await readSources(environment, shards, replication, clickhouseBreaker),
    replication,
    clock: systemClock,
    pause: systemPause,
    onRoute: (read) => countRead(metrics, read),
  });
  const grace = new ShutdownGrace(settings.ATLAS_SHUTDOWN_GRACE_MS);
  const graphql = createGraphQLHandler({
    settings,
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
  const server = new HttpServer({
    settings,
    graphql,
    grace,
    metrics,
    logger,
    clock: systemClock,
    replication,
    shards: shardConfig.shards.map(({ id }) => id),
  });
  await lifecycle.start(server);
  return { url: server.url, writer };
}

function breakersOf({ endpoints: { id: shard }, primary, replicas }: ShardDatabases): ServerBreaker[] {
  const servers = [
    { source: 'PRIMARY' as const, replica: '', breaker: primary.breaker },
    ...replicas.map(({ breaker }, index) => ({ source: 'REPLICA' as const, replica: String(index), breaker })),
  ];
  return servers.flatMap(({ breaker, ...server }) => (breaker === null ? [] : [{ shard, ...server, breaker }]));
}

async function readSources(
  environment: ServiceEnvironment,
  shards: readonly ShardDatabases[],
  replication: ReplicationState,
  breaker: Breaker,
): Promise<ReadSources> {
  const { openClickHouse, lifecycle, metrics, settings } = environment;
  const watch: WatchedServer[] = [];
  const watched = (replica: PostgresServer, index: number): WatchedServer => {
    const server = new WatchedServer(replica, () => replication.replicas(replica.shard)[index]?.health === 'DOWN');
    watch.push(server);
    return server;
  };
  const check = async (): Promise<void> => {
    for (const server of watch) server.check();
  };
  await lifecycle.start(new PeriodicTask('watch over replicas', settings.ATLAS_PROBE_INTERVAL_MS, check));
  const timed = (reader: EntityReader, source: DataSource): EntityReader =>
    new TimedEntityReader(reader, source, metrics);
  const clickhouse =
    openClickHouse === null
      ? null
      : await openClickHouse('reader', CLICKHOUSE_READERS, { resultBytes: settings.ATLAS_MAX_READ_BYTES, breaker });
  const shardIds = shards.map(({ endpoints }) => endpoints.id);
  return {
    shards: shards.map(({ endpoints, primary, replicas }) => ({
      shard: endpoints.id,
      primary: timed(new PostgresEntityReader(primary), 'PRIMARY'),
      replicas: replicas
        .map(watched)
        .map((replica) => replicaSource(replica, timed(new PostgresEntityReader(replica), 'REPLICA'))),
    })),
    clickhouse:
      clickhouse === null
        ? null
        : clickhouseSource(clickhouse, timed(new ClickHouseEntityReader(clickhouse, shardIds), 'CLICKHOUSE')),
  };
}
