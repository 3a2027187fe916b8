import type { KeyObject } from 'node:crypto';
import { authentication } from '../../../src/config/authentication.ts';
import { loadSettings } from '../../../src/config/config.ts';
import { requestLimits } from '../../../src/config/request-limits.ts';
import { roleRules } from '../../../src/config/role-rules.ts';
import { tenantLimits } from '../../../src/config/tenant-limits.ts';
import { trustedDocuments } from '../../../src/config/trusted-documents.ts';
import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
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
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { replicationState } from '../../support/replication-state.ts';
import { ROUTE_POLICY } from '../../support/route-policy.ts';

export interface TwoProcesses {
  readonly cluster: TestCluster;
  readonly primary: PostgresPool;
  /** Follows the catalog's notifications. */
  readonly told: Process;
  /** Its catalog never receives a notification. */
  readonly untold: Process;
  stop(): Promise<void>;
}

interface Process {
  readonly handler: GraphQLHandler;
  readonly catalog: PostgresAttributeCatalog;
}

const logger = createLogger('silent');
const connectTimeoutMs = 2_000;

/**
 * Two GraphQL handlers, each with a catalog and connections of its own, over one shard with a replica, a copy in ClickHouse and heartbeats.
 * Unknown attributes are defined when they are written; the default tenant is 1.
 */
export async function startTwoProcesses(): Promise<TwoProcesses> {
  const cluster = await startPostgresCluster({ replica: true, migrated: false });
  const { endpoints } = cluster;
  const placement = { kind: 'hash' } as const;
  await migrateShards({ shards: [endpoints], placement }, { connectTimeoutMs, logger });
  const engine = await startClickHouse();
  const pools: PostgresPool[] = [];
  const pool = (role: 'primary' | 'replica', url: string): PostgresPool => {
    const opened = new PostgresPool({
      shard: endpoints.id,
      role,
      url,
      size: 4,
      connectTimeoutMs,
      statementTimeoutMs: 5_000,
      applicationName: 'atlas-test',
      logger,
    });
    pools.push(opened);
    return opened;
  };
  const primary = pool('primary', endpoints.primary);
  const signingKey = await readSigningKey([primary]);
  const clickhouse = await engine.connect(4);

  async function startProcess(homeUrl: string): Promise<Process> {
    const home = pool('primary', endpoints.primary);
    const catalog = new PostgresAttributeCatalog({
      home,
      homeUrl,
      copies: [],
      connectTimeoutMs,
      quota: AMPLE_QUOTA,
      applicationName: 'atlas-test',
      logger,
    });
    await catalog.start();
    const replica = pool('replica', endpoints.replicas[0] ?? '');
    return { catalog, handler: serve(signingKey, catalog, home, replica, clickhouse) };
  }
  const told = await startProcess(endpoints.primary);
  // Notifications stay within their database.
  const elsewhere = new URL(endpoints.primary);
  elsewhere.pathname = '/template1';
  const untold = await startProcess(elsewhere.href);

  const clocks = new PrimaryClocks(systemClock, new ClockStops());
  const heartbeats = new HeartbeatWriter({ primaries: [primary], intervalMs: 20, clocks, logger });
  await heartbeats.start();
  const replicator = new ShardReplicator({
    grace: new ShutdownGrace(10_000),
    shard: endpoints.id,
    source: new SlotSource({ endpoints, primary, leaseMs: 5_000 }),
    sink: new ClickHouseSink({
      ...{ clickhouse: await engine.connect(2), shard: endpoints.id, attributes: told.catalog },
      ...KEEP_COPIES,
    }),
    limits: { rows: 1_000, flushMs: 5 },
    resnapshot: false,
    onBatch: () => {},
    logger,
  });
  await replicator.start();
  return {
    cluster,
    primary,
    told,
    untold,
    async stop() {
      await Promise.all([told, untold].map(({ handler }) => handler.stop()));
      await Promise.all([replicator.stop(), heartbeats.stop()]);
      await Promise.all([told, untold].map(({ catalog }) => catalog.stop()));
      await Promise.all(pools.map((opened) => opened.close()));
      await engine.stop();
      await cluster.stop();
    },
  };
}

function serve(
  signingKey: KeyObject,
  attributes: PostgresAttributeCatalog,
  primary: PostgresPool,
  replica: PostgresPool,
  clickhouse: ClickHouseDatabase,
): GraphQLHandler {
  const settings = loadSettings({ ATLAS_IMPLICIT_ATTRIBUTES: 'true' });
  const { shard } = primary;
  const shards = new ShardMap([{ id: shard, primary: 'postgres://s0', replicas: [] }], { kind: 'hash' });
  const replication = replicationState({});
  return createGraphQLHandler({
    limits: requestLimits(settings),
    authentication: authentication(settings),
    tenants: new TenantAdmission({ limits: tenantLimits(settings), clock: systemClock }),
    roleRules: roleRules(settings),
    documents: new DocumentGate({ documents: trustedDocuments(settings), logger }),
    explainer: { explain: async () => null },
    logger,
    clock: systemClock,
    shards,
    tokenScope: tokenScope(signingKey, [shard]),
    attributes,
    router: new ReadRouter({
      sources: {
        shards: [
          {
            shard,
            primary: new PostgresEntityReader(primary),
            replicas: [replicaSource(replica, new PostgresEntityReader(replica))],
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
}
