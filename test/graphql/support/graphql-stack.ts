import { authentication } from '../../../src/config/authentication.ts';
import { loadSettings } from '../../../src/config/config.ts';
import { requestLimits } from '../../../src/config/request-limits.ts';
import { roleRules } from '../../../src/config/role-rules.ts';
import type { SettingName } from '../../../src/config/settings.ts';
import { tenantLimits } from '../../../src/config/tenant-limits.ts';
import { trustedDocuments } from '../../../src/config/trusted-documents.ts';
import type { PostgresDatabase, Statement } from '../../../src/connections/postgres/postgres-database.ts';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { PostgresAttributeCatalog } from '../../../src/datasources/postgres/catalog/postgres-attribute-catalog.ts';
import { EntityEraser } from '../../../src/datasources/postgres/erasing/entity-eraser.ts';
import { PostgresEntityReader } from '../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { PostgresEntityWriter } from '../../../src/datasources/postgres/writing/postgres-entity-writer.ts';
import { ReadExplainer } from '../../../src/datasources/read-explainer.ts';
import { ReadRouter } from '../../../src/datasources/routing/read-router.ts';
import type { ShardEndpoints } from '../../../src/domain/shard.ts';
import { type TokenScope, tokenScope } from '../../../src/freshness/consistency-token.ts';
import { createGraphQLHandler } from '../../../src/graphql/create-graphql-handler.ts';
import type { GraphQLHandler } from '../../../src/graphql/graphql-handler.ts';
import { DocumentGate } from '../../../src/graphql/request/document-gate.ts';
import { TenantAdmission } from '../../../src/graphql/tenants/tenant-admission.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { ShutdownGrace } from '../../../src/lifecycle/shutdown-grace.ts';
import { migrateShards } from '../../../src/migration/migrate-shards.ts';
import { readSigningKey } from '../../../src/migration/signing-key.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { ShardMap } from '../../../src/sharding/shard-map.ts';
import { AMPLE_QUOTA } from '../../support/catalog-quota.ts';
import { startPostgresCluster } from '../../support/postgres-cluster.ts';
import { replicationState } from '../../support/replication-state.ts';
import { ROUTE_POLICY } from '../../support/route-policy.ts';

export interface GraphQLStack {
  readonly handler: GraphQLHandler;
  readonly endpoints: readonly ShardEndpoints[];
  /** Decodes its tokens. */
  readonly tokenScope: TokenScope;
  /** Everything that was sent to the shards for reading, by shard, since it was last cleared. */
  readonly statements: { shard: string; text: string }[];
  stop(): Promise<void>;
}

const logger = createLogger('silent');
const CONNECT_TIMEOUT_MS = 2_000;

/**
 * GraphQL over two real shards that have a primary only: every read is served by it. Tenants are identified by header, the
 * default is 1, and unknown attributes are defined when they are written.
 */
export async function startGraphQLStack(environment: Partial<Record<SettingName, string>> = {}): Promise<GraphQLStack> {
  const clusters = await Promise.all(['s0', 's1'].map((shard) => startPostgresCluster({ shard, migrated: false })));
  const endpoints = clusters.map((cluster) => cluster.endpoints);
  const pools = endpoints.map(
    ({ id, primary }) =>
      new PostgresPool({
        shard: id,
        role: 'primary',
        url: primary,
        actAs: 'atlas_serve',
        size: 4,
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        statementTimeoutMs: 5_000,
        applicationName: 'atlas-test',
        logger,
      }),
  );
  const [home] = pools;
  if (home === undefined) throw new Error('no shards');
  await migrateShards(
    { shards: endpoints, placement: { kind: 'hash' } },
    { connectTimeoutMs: CONNECT_TIMEOUT_MS, logger },
  );
  const catalog = new PostgresAttributeCatalog({
    home,
    homeUrl: endpoints[0]?.primary ?? '',
    copies: [],
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    quota: AMPLE_QUOTA,
    applicationName: 'atlas-test',
    logger,
  });
  await catalog.start();
  const shards = new ShardMap(endpoints, { kind: 'hash' });
  const statements: GraphQLStack['statements'] = [];
  const replication = replicationState({ s0: { replicas: [] }, s1: { replicas: [] } });
  const settings = loadSettings({
    ATLAS_TRUST_TENANT_HEADER: 'true',
    ATLAS_IMPLICIT_ATTRIBUTES: 'true',
    ...environment,
  });
  const scope = tokenScope(
    await readSigningKey(pools),
    endpoints.map(({ id }) => id),
  );
  const handler = createGraphQLHandler({
    limits: requestLimits(settings),
    authentication: authentication(settings),
    tenants: new TenantAdmission({ limits: tenantLimits(settings), clock: systemClock }),
    roleRules: roleRules(settings),
    documents: new DocumentGate({ documents: trustedDocuments(settings), logger }),
    explainer: new ReadExplainer({
      primaries: new Map(pools.map((pool) => [pool.shard, new PostgresEntityReader(pool)])),
      replicas: new Map(),
      clickhouse: null,
    }),
    logger,
    clock: systemClock,
    shards,
    tokenScope: scope,
    attributes: catalog,
    router: new ReadRouter({
      sources: {
        shards: pools.map((pool) => ({
          shard: pool.shard,
          primary: new PostgresEntityReader(recorded(pool, statements)),
          replicas: [],
        })),
        clickhouse: null,
      },
      replication,
      clock: systemClock,
      pause: async () => {},
      policy: ROUTE_POLICY,
      onRoute: () => {},
    }),
    eraser: new EntityEraser(shards, pools),
    writer: new PostgresEntityWriter(
      shards,
      pools,
      systemClock,
      { maxEntityBytes: settings.ATLAS_MAX_ENTITY_BYTES },
      catalog,
    ),
    replication,
    defaultTenant: 1,
    grace: new ShutdownGrace(10_000),
  });
  return {
    handler,
    endpoints,
    tokenScope: scope,
    statements,
    async stop() {
      await handler.stop();
      await catalog.stop();
      await Promise.all(pools.map((pool) => pool.close()));
      await Promise.all(clusters.map((started) => started.stop()));
    },
  };
}

/** The same database, recording its statements. */
function recorded(database: PostgresDatabase, statements: GraphQLStack['statements']): PostgresDatabase {
  return {
    shard: database.shard,
    role: database.role,
    query: <Row extends object>(statement: Statement, signal?: AbortSignal) => {
      statements.push({ shard: database.shard, text: statement.text });
      return database.query<Row>(statement, signal);
    },
    transaction: (work, isolation, signal) => database.transaction(work, isolation, signal),
    close: () => database.close(),
  };
}
