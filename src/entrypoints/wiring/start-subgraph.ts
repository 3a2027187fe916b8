import type { KeyObject } from 'node:crypto';
import { authentication } from '../../config/authentication.ts';
import { requestLimits } from '../../config/request-limits.ts';
import { roleRules } from '../../config/role-rules.ts';
import type { Settings } from '../../config/settings.ts';
import { mostPerTenant, tenantLimits } from '../../config/tenant-limits.ts';
import type { TrustedDocuments } from '../../config/trusted-documents.ts';
import type { Breaker } from '../../connections/breaker.ts';
import { down as clickhouseDown } from '../../connections/clickhouse/translate-clickhouse-error.ts';
import { observeBreakers, type ServerBreaker } from '../../connections/observe-breakers.ts';
import { observeWaits } from '../../connections/observe-waits.ts';
import { PermitWaits } from '../../connections/permits.ts';
import { observePools } from '../../connections/postgres/observe-pools.ts';
import type { PostgresPool } from '../../connections/postgres/postgres-pool.ts';
import { down as postgresDown } from '../../connections/postgres/translate-postgres-error.ts';
import { BatchedEntityReader } from '../../datasources/batched-entity-reader.ts';
import { ClickHouseEntityReader } from '../../datasources/clickhouse/clickhouse-entity-reader.ts';
import { UnchangedEntityReader } from '../../datasources/clickhouse/unchanged-entity-reader.ts';
import { CountedEntityWriter } from '../../datasources/counted-entity-writer.ts';
import type { EntityReader } from '../../datasources/entity-reader.ts';
import { MergedEntityReader } from '../../datasources/merging/merged-entity-reader.ts';
import type { PostgresAttributeCatalog } from '../../datasources/postgres/catalog/postgres-attribute-catalog.ts';
import { EntityEraser } from '../../datasources/postgres/erasing/entity-eraser.ts';
import { AttributeMover } from '../../datasources/postgres/moving/attribute-mover.ts';
import { PostgresEntityReader } from '../../datasources/postgres/reading/postgres-entity-reader.ts';
import { PostgresEntityWriter } from '../../datasources/postgres/writing/postgres-entity-writer.ts';
import { type ExplainingReader, ReadExplainer } from '../../datasources/read-explainer.ts';
import { Admission } from '../../datasources/routing/admission.ts';
import { countRead, countUnserved } from '../../datasources/routing/count-read.ts';
import { FallbackLimit } from '../../datasources/routing/fallback-limit.ts';
import { observeWaiters } from '../../datasources/routing/observe-waiters.ts';
import { ReadRouter } from '../../datasources/routing/read-router.ts';
import type { ReadSources } from '../../datasources/routing/read-sources.ts';
import { clickhouseSource, replicaSource } from '../../datasources/routing/replicated-source.ts';
import { StatementWatch } from '../../datasources/routing/statement-watch.ts';
import { heardAt, watchServers } from '../../datasources/routing/watch-servers.ts';
import { WatchedClickHouse } from '../../datasources/routing/watched-clickhouse.ts';
import { WatchedServer } from '../../datasources/routing/watched-server.ts';
import { TimedEntityReader } from '../../datasources/timed-entity-reader.ts';
import type { ShardId, TenantId } from '../../domain/identifiers.ts';
import type { SourceError } from '../../domain/source-error.ts';
import { tokenScope } from '../../freshness/consistency-token.ts';
import type { DataSource } from '../../freshness/freshness.ts';
import { createGraphQLHandler } from '../../graphql/create-graphql-handler.ts';
import { DocumentGate } from '../../graphql/request/document-gate.ts';
import { TenantAdmission } from '../../graphql/tenants/tenant-admission.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemPause } from '../../lib/pause.ts';
import type { ShutdownGrace } from '../../lifecycle/shutdown-grace.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { ShardMap } from '../../sharding/shard-map.ts';
import type { RunVerification } from '../../verification/run-verification.ts';
import type { VerificationState } from '../../verification/verification-state.ts';
import { copiesReached } from './copies-reached.ts';
import { createBreaker, type OpenClickHouse, type ShardDatabases } from './open-databases.ts';
import type { ServiceEnvironment } from './service-environment.ts';
import type { Monitoring } from './start-monitoring.ts';
import { startServer } from './start-server.ts';
import { tracedParts } from './traced-parts.ts';

/** Periods of the probes without an answer by which a read leaves a server to the next one: a late probe or two prove nothing. */
const SILENT_PROBES = 4;
/** How often it is looked whether the stored values of an attribute are to be moved or removed. */
const MOVER_PERIOD_MS = 1_000;
/** How long the place that an attribute has left is kept for requests that still read it, at least. */
const LEAST_GRACE_MS = 30_000;
/** Statements of requests that run on ClickHouse at once; further ones wait. */
const CLICKHOUSE_READERS = 4;

export interface SubgraphParts {
  readonly shards: readonly ShardDatabases[];
  readonly catalog: PostgresAttributeCatalog;
  readonly monitoring: Monitoring;
  readonly verification: VerificationState | null;
  /** Null unless the process compares for `atlas verify`. */
  readonly verify: RunVerification | null;
  /** The installation's, as stored on the shards. */
  readonly signingKey: KeyObject;
  readonly documents: TrustedDocuments;
  readonly grace: ShutdownGrace;
  /** The tenant of a request that names none; null if such a request is refused. */
  readonly defaultTenant: TenantId | null;
}

export interface RunningSubgraph {
  readonly url: string;
  readonly writer: PostgresEntityWriter;
}

/** Wires the read path, the write path and the HTTP server, and listens. */
export async function startSubgraph(environment: ServiceEnvironment, parts: SubgraphParts): Promise<RunningSubgraph> {
  const { settings, shardConfig, lifecycle, metrics, tracing, logger } = environment;
  const { shards, catalog, monitoring, grace, verification, verify } = parts;
  const { replication, topics } = monitoring;
  observePools(
    metrics,
    shards.flatMap(({ primary, replicas }) => [primary, ...replicas]),
  );
  const clickhouseBreaker = createBreaker(settings);
  const clickhouseWaits = new PermitWaits();
  observeWaits(metrics, [
    ...shards.flatMap(({ primary, replicas }) => [primary, ...replicas]),
    ...(environment.openClickHouse === null
      ? []
      : [{ shard: '', role: 'clickhouse' as const, waits: clickhouseWaits }]),
  ]);
  const breakers: ServerBreaker[] = shards.flatMap(breakersOf);
  if (environment.openClickHouse !== null) {
    breakers.push({ shard: '', source: 'CLICKHOUSE', replica: '', breaker: clickhouseBreaker });
  }
  observeBreakers(metrics, breakers);
  const shardMap = new ShardMap(shardConfig.shards, shardConfig.placement);
  const primaries = shards.map(({ primary }) => primary);
  const traced = tracedParts(tracing);
  const tracedPrimaries = shards.map(({ primary, endpoints }) => traced.database(primary, endpoints.primary));
  const writer = new PostgresEntityWriter(
    shardMap,
    tracedPrimaries,
    systemClock,
    {
      maxEntityBytes: settings.ATLAS_MAX_ENTITY_BYTES,
    },
    catalog,
  );
  await lifecycle.start(
    new AttributeMover({
      ...{ catalog, primaries, clock: systemClock, logger },
      hasReached: copiesReached(shards, monitoring.clickhouse),
      graceMs: Math.max(LEAST_GRACE_MS, 2 * settings.ATLAS_REQUEST_TIMEOUT_MS),
      periodMs: MOVER_PERIOD_MS,
    }),
  );
  const shardIds = shards.map(({ endpoints }) => endpoints.id);
  const watches: StatementWatch[] = [];
  const watch: Watch = (source, concerned, replica, down) => {
    const statements = new StatementWatch({
      heardAt: () => heardAt(replication, concerned, source, replica),
      onAnswer: () => {
        for (const shard of concerned) replication.answered(shard, source, replica);
      },
      down,
      clock: systemClock,
    });
    // A read of a primary is left to its time limit: hardly any other source may answer it.
    if (source !== 'PRIMARY') watches.push(statements);
    return statements;
  };
  const { sources, explainer } = await readSources(environment, parts, watch, {
    breaker: clickhouseBreaker,
    waits: clickhouseWaits,
  });
  await lifecycle.start(
    watchServers({
      shards: shardIds,
      replication,
      watches,
      breakers,
      periodMs: settings.ATLAS_PROBE_INTERVAL_MS,
    }),
  );
  const router = new ReadRouter({
    sources,
    replication,
    clock: systemClock,
    pause: systemPause,
    policy: {
      relaxed: new Set(settings.ATLAS_OVERLOAD_RELAX),
      waiting: {
        mostPerProcess: settings.ATLAS_MAX_TOKEN_WAITERS,
        mostPerTenant: settings.ATLAS_MAX_TOKEN_WAITERS_PER_TENANT,
      },
      leastSilenceMs: SILENT_PROBES * settings.ATLAS_PROBE_INTERVAL_MS,
      retry: { leastMs: settings.ATLAS_HEARTBEAT_INTERVAL_MS, mostMs: settings.ATLAS_RETRY_AFTER_MAX_MS },
    },
    onRoute: (read) => countRead(metrics, read),
    onUnserved: (requested, error) => countUnserved(metrics, requested, error),
    onOverload: (shard, requested, outcome) => metrics.overloads.inc({ shard, class: requested, outcome }),
  });
  observeWaiters(metrics, () => router.waiters());
  const graphql = createGraphQLHandler({
    limits: requestLimits(settings),
    authentication: authentication(settings),
    tenants: new TenantAdmission({
      limits: tenantLimits(settings),
      clock: systemClock,
      onRefused: (limit) => metrics.tenantRefusals.inc({ limit }),
    }),
    roleRules: roleRules(settings),
    documents: new DocumentGate({
      documents: parts.documents,
      logger,
      onUntrusted: (outcome) => metrics.untrustedDocuments.inc({ outcome }),
    }),
    explainer,
    clock: systemClock,
    shards: shardMap,
    tokenScope: tokenScope(parts.signingKey, shardIds),
    attributes: catalog,
    router: traced.router(router),
    writer: new CountedEntityWriter(writer, metrics),
    eraser: new EntityEraser(shardMap, tracedPrimaries),
    replication,
    logger,
    tracing,
    defaultTenant: parts.defaultTenant,
    grace,
    onEvent: () => metrics.subscriptionEvents.inc(),
    onSubscriptionEnd: (code) => metrics.subscriptionEnds.inc({ code }),
  });
  metrics.beforeScrape(() => {
    metrics.subscriptions.set(graphql.subscriptions.open);
    metrics.subscriptionTenants.set(graphql.subscriptions.tenants);
  });
  lifecycle.add('GraphQL', () => graphql.stop());
  const server = await startServer(environment, { graphql, grace, replication, topics, verification, verify });
  return { url: server.url, writer };
}

function fallbackLimit(primary: PostgresPool, settings: Settings, metrics: Metrics): FallbackLimit {
  const limit = new FallbackLimit({
    size: Math.max(1, Math.floor((settings.ATLAS_POOL_SIZE * settings.ATLAS_FALLBACK_POOL_PERCENT) / 100)),
    waitMs: settings.ATLAS_CONNECT_TIMEOUT_MS,
    poolWaiting: () => primary.usage.waiting,
  });
  const { shard } = primary;
  metrics.beforeScrape(() => {
    metrics.fallbackConnections.set({ shard, state: 'busy' }, limit.usage.running);
    metrics.fallbackConnections.set({ shard, state: 'waiting' }, limit.usage.waiting);
  });
  return limit;
}

function breakersOf({ endpoints: { id: shard }, primary, replicas }: ShardDatabases): ServerBreaker[] {
  const servers = [
    { source: 'PRIMARY' as const, replica: '', breaker: primary.breaker },
    ...replicas.map(({ breaker }, index) => ({ source: 'REPLICA' as const, replica: String(index), breaker })),
  ];
  return servers.flatMap(({ breaker, ...server }) => (breaker === null ? [] : [{ shard, ...server, breaker }]));
}

/** @param replica its place in the configuration; 0 for the other sources. */
type Watch = (
  source: DataSource,
  shards: readonly ShardId[],
  replica: number,
  down: () => SourceError,
) => StatementWatch;

async function readSources(
  { openClickHouse, metrics, tracing, settings }: ServiceEnvironment,
  { shards, monitoring }: Pick<SubgraphParts, 'shards' | 'monitoring'>,
  watch: Watch,
  clickhousePool: { readonly breaker: Breaker; readonly waits: PermitWaits },
): Promise<{ readonly sources: ReadSources; readonly explainer: ReadExplainer }> {
  const [explainedPrimaries, explainedReplicas] = [
    new Map<ShardId, ExplainingReader>(),
    new Map<ShardId, ExplainingReader>(),
  ];
  const traced = tracedParts(tracing);
  const timed = (reader: EntityReader, source: DataSource, shard: ShardId | null): EntityReader =>
    new TimedEntityReader(traced.reader(reader, source, shard), source, metrics);
  const batched = (reader: EntityReader) => new BatchedEntityReader(reader, traced.isRecording);
  const watchOf = (pool: PostgresPool, source: DataSource, replica: number) =>
    watch(source, [pool.shard], replica, () => postgresDown(pool));
  const admission = (size: number) =>
    new Admission({ size, waitMs: settings.ATLAS_CONNECT_TIMEOUT_MS, clock: systemClock });
  const shardIds = shards.map(({ endpoints }) => endpoints.id);
  const openAnalytics = async (open: OpenClickHouse) => {
    const clickhouse = await open('reader', CLICKHOUSE_READERS, {
      connectTimeoutMs: settings.ATLAS_CONNECT_TIMEOUT_MS,
      resultBytes: settings.ATLAS_MAX_READ_BYTES,
      mostPerTenant: mostPerTenant(settings, CLICKHOUSE_READERS),
      ...clickhousePool,
    });
    const statements = watch('CLICKHOUSE', shardIds, 0, () => clickhouseDown());
    const server = new WatchedClickHouse(traced.clickhouse(clickhouse, settings.ATLAS_CLICKHOUSE_URL), statements);
    const monitored = new WatchedClickHouse(monitoring.clickhouse ?? clickhouse, statements);
    const reader = new ClickHouseEntityReader(server, shardIds);
    const source = clickhouseSource(monitored, timed(reader, 'CLICKHOUSE', null), admission(CLICKHOUSE_READERS));
    return { source, server, reader };
  };
  const analytics = openClickHouse === null ? null : await openAnalytics(openClickHouse);
  const { ATLAS_MERGE_MAX_CHANGED: mostChanged, ATLAS_MERGE_LEAST_COST: leastCost } = settings;
  const mergedWith = (server: PostgresEntityReader, source: DataSource): EntityReader | undefined => {
    if (analytics === null || mostChanged === 0) return undefined;
    const unchanged = new UnchangedEntityReader(analytics.server, server.shard);
    return timed(new MergedEntityReader({ server, unchanged, leastCost, mostChanged }), source, server.shard);
  };
  const sources: ReadSources = {
    shards: shards.map(({ endpoints, primary, replicas }, place) => {
      const reader = new PostgresEntityReader(
        new WatchedServer(traced.database(primary, endpoints.primary), watchOf(primary, 'PRIMARY', 0)),
      );
      explainedPrimaries.set(endpoints.id, reader);
      const mergedPrimary = mergedWith(reader, 'PRIMARY');
      return {
        shard: endpoints.id,
        primary: timed(batched(reader), 'PRIMARY', endpoints.id),
        ...(mergedPrimary !== undefined && { mergedPrimary }),
        fallbacks: fallbackLimit(primary, settings, metrics),
        replicas: replicas.map((pool, index) => {
          const statements = watchOf(pool, 'REPLICA', index);
          const monitored = monitoring.shards[place]?.replicas[index] ?? pool;
          const url = endpoints.replicas[index] ?? '';
          const own = new PostgresEntityReader(new WatchedServer(traced.database(pool, url), statements));
          if (index === 0) explainedReplicas.set(endpoints.id, own);
          return replicaSource(
            new WatchedServer(monitored, statements),
            timed(batched(own), 'REPLICA', endpoints.id),
            admission(settings.ATLAS_POOL_SIZE),
            mergedWith(own, 'REPLICA'),
          );
        }),
      };
    }),
    clickhouse: analytics?.source ?? null,
  };
  const explainer = new ReadExplainer({
    primaries: explainedPrimaries,
    replicas: explainedReplicas,
    clickhouse: analytics?.reader ?? null,
  });
  return { sources, explainer };
}
