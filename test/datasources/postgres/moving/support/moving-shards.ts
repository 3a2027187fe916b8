import type { PostgresDatabase, PostgresSession } from '../../../../../src/connections/postgres/postgres-database.ts';
import type { PostgresPool } from '../../../../../src/connections/postgres/postgres-pool.ts';
import { PostgresAttributeCatalog } from '../../../../../src/datasources/postgres/catalog/postgres-attribute-catalog.ts';
import type { MoveOptions } from '../../../../../src/datasources/postgres/moving/move-step.ts';
import { PostgresEntityWriter } from '../../../../../src/datasources/postgres/writing/postgres-entity-writer.ts';
import type { AttributeDefinition, AttributeValue } from '../../../../../src/domain/catalog/attribute.ts';
import { systemClock } from '../../../../../src/lib/clock.ts';
import { migrateShards } from '../../../../../src/migration/migrate-shards.ts';
import { createLogger } from '../../../../../src/observability/logger.ts';
import { ShardMap } from '../../../../../src/sharding/shard-map.ts';
import { authorOf } from '../../../../support/author.ts';
import { AMPLE_QUOTA } from '../../../../support/catalog-quota.ts';
import { startPostgresCluster } from '../../../../support/postgres-cluster.ts';
import { primaryPool } from '../../../../support/postgres-pools.ts';
import { postgresQuery } from '../../../../support/postgres-query.ts';

const logger = createLogger('silent');
const connectTimeoutMs = 2_000;

/** What one process has of two real shards. */
export interface MovingProcess {
  readonly catalog: PostgresAttributeCatalog;
  readonly writer: PostgresEntityWriter;
}

export interface MovingShards {
  readonly primaries: readonly PostgresPool[];
  /** A further process. */
  process(): Promise<MovingProcess>;
  /** On every shard, as the owner. */
  sql<Row extends object>(text: string): Promise<Row[]>;
  stop(): Promise<void>;
}

export async function startMovingShards(): Promise<MovingShards> {
  const clusters = await Promise.all(['s0', 's1'].map((shard) => startPostgresCluster({ shard, migrated: false })));
  const shards = clusters.map(({ endpoints }) => endpoints);
  await migrateShards({ shards, placement: { kind: 'hash' } }, { connectTimeoutMs, logger });
  const primaries = shards.map((shard) => primaryPool(shard, { actAs: 'atlas_serve', size: 8 }));
  const [home] = primaries;
  if (home === undefined) throw new Error('no shards');
  const catalogs: PostgresAttributeCatalog[] = [];
  return {
    primaries,
    async process() {
      const catalog = new PostgresAttributeCatalog({
        home,
        homeUrl: shards[0]?.primary ?? '',
        copies: [],
        connectTimeoutMs,
        quota: AMPLE_QUOTA,
        applicationName: 'atlas-test',
        logger,
      });
      await catalog.start();
      catalogs.push(catalog);
      const limits = { maxEntityBytes: 100_000 };
      const map = new ShardMap(shards, { kind: 'hash' });
      return { catalog, writer: new PostgresEntityWriter(map, primaries, systemClock, limits, catalog) };
    },
    async sql<Row extends object>(text: string) {
      return (await Promise.all(shards.map(({ primary }) => postgresQuery<Row>(primary, text)))).flat();
    },
    async stop() {
      for (const catalog of catalogs) await catalog.stop();
      await Promise.all(primaries.map((pool) => pool.close()));
      await Promise.all(clusters.map((cluster) => cluster.stop()));
    },
  };
}

/** The definition as the process knows it. */
export function definitionOf({ catalog }: MovingProcess, tenant: number, key: string): AttributeDefinition {
  const definition = catalog.forTenant(tenant).byKey(key);
  if (definition === undefined) throw new Error(`There is no attribute ${key}`);
  return definition;
}

/** Sets attributes of one entity; the outcome's status, or the code of its error. */
export async function write(
  { writer }: MovingProcess,
  tenant: number,
  id: string,
  set: readonly (readonly [AttributeDefinition, AttributeValue])[],
  remove: readonly AttributeDefinition[] = [],
): Promise<string> {
  const given = set.map(([attribute, value]) => ({ attribute, value }));
  const { outcome } = await writer.upsert(authorOf(tenant), [
    { id, type: 'user', set: given, remove, expectedVersion: null },
  ]);
  const [result] = outcome;
  if (result === undefined) throw new Error('no outcome');
  return result.status === 'FAILED' ? result.error.code : result.status;
}

/** The same primaries, to a process that is killed before one of its statements: the transaction it is in is rolled back. */
export function killedAt(primaries: readonly PostgresPool[], at: number) {
  let statements = 0;
  const count = () => {
    statements += 1;
    if (statements >= at) throw new Error(`killed before statement ${at}`);
  };
  const counted = (session: PostgresSession): PostgresSession => ({
    query: async (statement, signal) => {
      count();
      return session.query(statement, signal);
    },
  });
  return {
    wasKilled: () => statements >= at,
    primaries: primaries.map(
      (pool): PostgresDatabase => ({
        ...counted(pool),
        shard: pool.shard,
        role: pool.role,
        transaction: (work, isolation, signal) =>
          pool.transaction(
            async (session) => {
              const result = await work(counted(session));
              count();
              return result;
            },
            isolation,
            signal,
          ),
        close: () => pool.close(),
      }),
    ),
  };
}

/** There are no replicas, and nothing is waited for. */
export function moving({ catalog }: MovingProcess, primaries: readonly PostgresDatabase[]): MoveOptions {
  return {
    catalog,
    primaries,
    hasReached: async () => true,
    graceMs: 0,
    clock: { now: () => Number.MAX_SAFE_INTEGER },
  };
}
