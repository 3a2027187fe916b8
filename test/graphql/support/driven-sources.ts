import { authentication } from '../../../src/config/authentication.ts';
import { loadSettings } from '../../../src/config/config.ts';
import { requestLimits } from '../../../src/config/request-limits.ts';
import { roleRules } from '../../../src/config/role-rules.ts';
import { tenantLimits } from '../../../src/config/tenant-limits.ts';
import { trustedDocuments } from '../../../src/config/trusted-documents.ts';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { ClickHouseEntityReader } from '../../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { HeartbeatWriter } from '../../../src/datasources/monitoring/heartbeat-writer.ts';
import { PostgresAttributeCatalog } from '../../../src/datasources/postgres/catalog/postgres-attribute-catalog.ts';
import { EntityEraser } from '../../../src/datasources/postgres/erasing/entity-eraser.ts';
import { PostgresEntityReader } from '../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { PostgresEntityWriter } from '../../../src/datasources/postgres/writing/postgres-entity-writer.ts';
import { ReadRouter } from '../../../src/datasources/routing/read-router.ts';
import { clickhouseSource, replicaSource } from '../../../src/datasources/routing/replicated-source.ts';
import { tokenScope } from '../../../src/freshness/consistency-token.ts';
import { PrimaryClocks } from '../../../src/freshness/primary-clocks.ts';
import { createGraphQLHandler } from '../../../src/graphql/create-graphql-handler.ts';
import type { GraphQLHandler } from '../../../src/graphql/graphql-handler.ts';
import { DocumentGate } from '../../../src/graphql/request/document-gate.ts';
import { TenantAdmission } from '../../../src/graphql/tenants/tenant-admission.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { ClockStops } from '../../../src/lib/clock-stops.ts';
import { systemPause } from '../../../src/lib/pause.ts';
import { ShutdownGrace } from '../../../src/lifecycle/shutdown-grace.ts';
import { migrateShards } from '../../../src/migration/migrate-shards.ts';
import { readSigningKey } from '../../../src/migration/signing-key.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { ShardReplicator } from '../../../src/replication/shard-replicator.ts';
import { ClickHouseSink } from '../../../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { SlotSource } from '../../../src/replication/source/slot/slot-source.ts';
import { ShardMap } from '../../../src/sharding/shard-map.ts';
import { AMPLE_QUOTA } from '../../support/catalog-quota.ts';
import { KEEP_COPIES, startClickHouse } from '../../support/clickhouse.ts';
import { FIXED_DEFINITIONS } from '../../support/fixed-definitions.ts';
import { startPostgresCluster } from '../../support/postgres-cluster.ts';
import { replicationState, sourceState } from '../../support/replication-state.ts';
import { ROUTE_POLICY } from '../../support/route-policy.ts';

export interface DrivenSources {
  /** The default tenant is 1; unknown attributes are defined when they are written. */
  readonly handler: GraphQLHandler;
  /** Which replica is tried first. */
  prefer(replica: 0 | 1): void;
  replay(replica: 0 | 1, state: 'pause' | 'resume'): Promise<void>;
  /** Once it is stopped, ClickHouse receives nothing more. */
  stopReplicator(): Promise<void>;
  stopHeartbeats(): Promise<void>;
  stop(): Promise<void>;
}

const logger = createLogger('silent');
const connectTimeoutMs = 2_000;

/**
 * GraphQL over one shard with two replicas and a copy in ClickHouse, whose lags the test drives. The primary commits synchronously, as
 * by default.
 */
export async function startDrivenSources(env: Readonly<Record<string, string>> = {}): Promise<DrivenSources> {
  const cluster = await startPostgresCluster({ replica: 2, migrated: false, settings: { synchronous_commit: 'on' } });
  const { endpoints } = cluster;
  const { id: shard } = endpoints;
  await migrateShards({ shards: [endpoints], placement: { kind: 'hash' } }, { connectTimeoutMs, logger });
  const engine = await startClickHouse();
  const clickhouse = await engine.connect(4);
  const pool = (role: 'primary' | 'replica', url: string) =>
    new PostgresPool({
      shard,
      role,
      url,
      size: 4,
      connectTimeoutMs,
      statementTimeoutMs: 5_000,
      applicationName: 'atlas-test',
      logger,
    });
  const primary = pool('primary', endpoints.primary);
  const replicas = endpoints.replicas.map((url) => pool('replica', url));
  const attributes = new PostgresAttributeCatalog({
    home: primary,
    homeUrl: endpoints.primary,
    copies: [],
    connectTimeoutMs,
    quota: AMPLE_QUOTA,
    applicationName: 'atlas-test',
    logger,
  });
  await attributes.start();
  const clocks = new PrimaryClocks(systemClock, new ClockStops());
  const heartbeats = new HeartbeatWriter({ primaries: [primary], intervalMs: 20, clocks, logger });
  await heartbeats.start();
  const replicator = new ShardReplicator({
    grace: new ShutdownGrace(10_000),
    shard,
    source: new SlotSource({ endpoints, primary, leaseMs: 5_000 }),
    sink: new ClickHouseSink({ clickhouse: await engine.connect(2), shard, attributes, ...KEEP_COPIES }),
    limits: { rows: 1_000, flushMs: 100 },
    resnapshot: false,
    onBatch: () => {},
    logger,
  });
  await replicator.start();
  const settings = loadSettings({ ATLAS_IMPLICIT_ATTRIBUTES: 'true', ...env });
  const shards = new ShardMap([endpoints], { kind: 'hash' });
  let preferred = 0;
  const replication = {
    ...replicationState({}),
    replicas: () => replicas.map((_, index) => sourceState('HEALTHY', index === preferred ? 10 : 20)),
    primaryClockAhead: () => 10,
    replicaClockBehind: () => 10,
  };
  const handler = createGraphQLHandler({
    limits: requestLimits(settings),
    authentication: authentication(settings),
    tenants: new TenantAdmission({ limits: tenantLimits(settings), clock: systemClock }),
    roleRules: roleRules(settings),
    documents: new DocumentGate({ documents: trustedDocuments(settings), logger }),
    explainer: { explain: async () => null },
    logger,
    clock: systemClock,
    shards,
    tokenScope: tokenScope(await readSigningKey([primary]), [shard]),
    attributes,
    router: new ReadRouter({
      sources: {
        shards: [
          {
            shard,
            primary: new PostgresEntityReader(primary),
            replicas: replicas.map((replica) => replicaSource(replica, new PostgresEntityReader(replica))),
          },
        ],
        clickhouse: clickhouseSource(clickhouse, new ClickHouseEntityReader(clickhouse, [shard])),
      },
      replication,
      clock: systemClock,
      pause: systemPause,
      policy: ROUTE_POLICY,
      onRoute: () => {},
    }),
    eraser: new EntityEraser(shards, [primary]),
    writer: new PostgresEntityWriter(
      shards,
      [primary],
      systemClock,
      {
        maxEntityBytes: settings.ATLAS_MAX_ENTITY_BYTES,
      },
      FIXED_DEFINITIONS,
    ),
    replication,
    defaultTenant: 1,
    grace: new ShutdownGrace(10_000),
  });
  return {
    handler,
    prefer: (replica) => {
      preferred = replica;
    },
    async replay(replica, state) {
      await replicas[replica]?.query({ text: `SELECT pg_wal_replay_${state}()`, values: [] });
    },
    stopReplicator: () => replicator.stop(),
    stopHeartbeats: () => heartbeats.stop(),
    async stop() {
      await handler.stop();
      await Promise.all([replicator.stop(), heartbeats.stop(), attributes.stop()]);
      await Promise.all([primary, ...replicas].map((opened) => opened.close()));
      await engine.stop();
      await cluster.stop();
    },
  };
}
