import pg from 'pg';
import { pino } from 'pino';
import { vi } from 'vitest';
import { openChdb } from '../../../src/connections/clickhouse/chdb-pool.ts';
import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import type { AttributeLookup } from '../../../src/domain/catalog/attribute.ts';
import type { ShardEndpoints } from '../../../src/domain/shard.ts';
import { ShutdownGrace } from '../../../src/lifecycle/shutdown-grace.ts';
import { ShardReplicator, type ShardReplicatorOptions } from '../../../src/replication/shard-replicator.ts';
import type { ChangeSink } from '../../../src/replication/sink/change-sink.ts';
import { ClickHouseSink } from '../../../src/replication/sink/clickhouse/clickhouse-sink.ts';
import type { ChangeSource } from '../../../src/replication/source/change-source.ts';
import { SlotSource } from '../../../src/replication/source/slot/slot-source.ts';
import { KEEP_COPIES, ofTestCluster, startClickHouse } from '../../support/clickhouse.ts';
import { endpointsOf, startPostgresCluster } from '../../support/postgres-cluster.ts';
import { lookupOf, TEST_ATTRIBUTES } from './test-attributes.ts';

export const CHDB_LIMITS = { connections: 2, timeoutMs: 60_000, memoryBytes: 2_000_000_000 };
const silent = pino({ level: 'silent' });

interface Overrides
  extends Partial<
    Pick<
      ShardReplicatorOptions,
      'limits' | 'resnapshot' | 'copyAnew' | 'upkeep' | 'onBatch' | 'backoff' | 'grace' | 'logger'
    >
  > {
  /** Another way to the shard's ClickHouse. */
  readonly clickhouse?: ClickHouseDatabase;
  readonly attributes?: AttributeLookup;
  readonly leaseMs?: number;
  /** The shard's slot unless given. */
  readonly source?: ChangeSource;
}

/** A migrated primary, and a few ways to change it. */
export interface ShardDatabase {
  readonly endpoints: ShardEndpoints;
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Beats once. @returns the heartbeat in milliseconds. */
  beat(): Promise<number>;
  dropSlot(): Promise<void>;
  stop(): Promise<void>;
}

export interface ReplicatedShard extends ShardDatabase {
  readonly primary: PostgresPool;
  readonly clickhouse: ClickHouseDatabase;
  readonly sink: ChangeSink;
  /** A replicator that has been started. What a test starts is stopped with the shard. */
  replicator(overrides?: Overrides): Promise<ShardReplicator>;
  /** Stops the replicators, drops the slot and empties both databases. */
  reset(): Promise<void>;
}

/** @param settings of the servers, in addition to those of every test. @param markers that come with each heartbeat. */
export async function startShardDatabase(
  settings: Record<string, string> = {},
  replica = false,
  markers: readonly string[] = [],
): Promise<ShardDatabase> {
  const cluster = await startPostgresCluster({ settings, replica });
  const client = new pg.Pool({ connectionString: cluster.endpoints.primary, max: 4 });
  client.on('error', () => {});
  let stopping: Promise<void> | null = null;
  const sql = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await client.query<Row>(text, values)).rows;
  await sql(
    "INSERT INTO atlas.shard (shard_id, placement, cluster_id) VALUES ('s0', 'by hash over s0', gen_random_uuid())",
  );
  return {
    endpoints: cluster.endpoints,
    sql,
    async beat() {
      const [row] = await sql<{ at: number }>(
        `WITH beat AS (
           UPDATE atlas.shard SET heartbeat_at = clock_timestamp(), heartbeat_lsn = pg_current_wal_insert_lsn()
           RETURNING (extract(epoch FROM heartbeat_at) * 1000)::double precision AS at
         )
         SELECT at, (SELECT count(pg_logical_emit_message(true, marker, '')) FROM unnest($1::text[]) marker) FROM beat`,
        [markers],
      );
      return row?.at ?? Number.NaN;
    },
    // Its last user may still be ending.
    dropSlot: () =>
      vi.waitFor(async () => {
        await sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'atlas_cdc'");
      }),
    stop: () => {
      stopping ??= client.end().then(() => cluster.stop());
      return stopping;
    },
  };
}

/** @param settings of the Postgres servers, in addition to those of every test. @param markers that come with each heartbeat. */
export async function startReplicatedShard(
  settings: Record<string, string> = {},
  replica = false,
  markers: readonly string[] = [],
): Promise<ReplicatedShard> {
  const database = await startShardDatabase(settings, replica, markers);
  const engine = await startClickHouse();
  const shard = replicate(database, ofTestCluster(await openChdb(engine.path, CHDB_LIMITS)));
  return {
    ...shard,
    async stop() {
      await shard.stop();
      await engine.stop();
    },
  };
}

/** Its `stop` stops the database and closes ClickHouse too. */
export function replicate(database: ShardDatabase, clickhouse: ClickHouseDatabase): ReplicatedShard {
  const endpoints = endpointsOf('atlas_replicate', database.endpoints);
  const primary = new PostgresPool({
    shard: endpoints.id,
    role: 'primary',
    url: endpoints.primary,
    actAs: 'atlas_replicate',
    size: 4,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 60_000,
    applicationName: 'test',
    logger: silent,
  });
  const shard = endpoints.id;
  const sinkOf = (database = clickhouse, attributes = lookupOf(TEST_ATTRIBUTES)) =>
    new ClickHouseSink({ clickhouse: database, shard, attributes, ...KEEP_COPIES });
  const started = new Set<ShardReplicator>();
  const stopReplicators = async () => {
    await Promise.all([...started].map((replicator) => replicator.stop()));
    started.clear();
  };
  return {
    ...database,
    primary,
    clickhouse,
    sink: sinkOf(),
    async replicator({ clickhouse: database, attributes, leaseMs = 5_000, ...overrides } = {}) {
      const replicator = new ShardReplicator({
        grace: new ShutdownGrace(10_000),
        shard,
        source: new SlotSource({ endpoints, primary, leaseMs }),
        sink: sinkOf(database, attributes),
        limits: { rows: 1_000, flushMs: 20 },
        resnapshot: false,
        onBatch: () => {},
        logger: silent,
        ...overrides,
      });
      started.add(replicator);
      await replicator.start();
      return replicator;
    },
    async reset() {
      await stopReplicators();
      await database.dropSlot();
      await database.sql('TRUNCATE atlas.entity');
      await database.sql('UPDATE atlas.shard SET heartbeat_at = NULL');
      for (const table of [
        'entity',
        'entity_attribute',
        'entity_change',
        'replication_watermark',
        'history_start',
        'tenant_history_start',
      ]) {
        await clickhouse.command(`TRUNCATE TABLE ${table}`);
      }
    },
    async stop() {
      await stopReplicators();
      await Promise.all([primary.close(), clickhouse.close()]);
      await database.stop();
    },
  };
}
