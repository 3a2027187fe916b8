import pg from 'pg';
import { pino } from 'pino';
import { vi } from 'vitest';
import { openChdb } from '../../../src/connections/chdb-pool.ts';
import type { ClickHouseDatabase } from '../../../src/connections/clickhouse-database.ts';
import { PostgresPool } from '../../../src/connections/postgres-pool.ts';
import type { ChangeSink } from '../../../src/replication/change-sink.ts';
import { ClickHouseSink } from '../../../src/replication/clickhouse-sink.ts';
import { ShardReplicator, type ShardReplicatorOptions } from '../../../src/replication/shard-replicator.ts';
import { startClickHouse } from '../../support/clickhouse.ts';
import { startPostgresCluster } from '../../support/postgres-cluster.ts';
import { lookupOf, TEST_ATTRIBUTES } from './test-attributes.ts';

const LIMITS = { connections: 2, timeoutMs: 60_000, memoryBytes: 2_000_000_000 };
const silent = pino({ level: 'silent' });

type Overrides = Partial<Omit<ShardReplicatorOptions, 'endpoints' | 'primary' | 'logger'>>;

export interface ReplicatedShard {
  readonly id: string;
  readonly uri: string;
  readonly clickhouse: ClickHouseDatabase;
  readonly sink: ChangeSink;
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** A replicator that has been started. What a test starts is stopped with the shard. */
  replicator(overrides?: Overrides): Promise<ShardReplicator>;
  /** Beats once. @returns the heartbeat in microseconds. */
  beat(): Promise<number>;
  dropSlot(): Promise<void>;
  /** Stops the replicators, drops the slot and empties both databases. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export async function startReplicatedShard(settings: Record<string, string> = {}): Promise<ReplicatedShard> {
  const cluster = await startPostgresCluster({ settings });
  const engine = await startClickHouse();
  const { id, primary: uri } = cluster.endpoints;
  const clickhouse = await openChdb(engine.path, LIMITS);
  const pool = new PostgresPool({
    shard: id,
    role: 'primary',
    url: uri,
    size: 4,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 60_000,
    applicationName: 'test',
    logger: silent,
  });
  const client = new pg.Pool({ connectionString: uri, max: 4 });
  client.on('error', () => {});
  const sink = new ClickHouseSink(clickhouse);
  const started = new Set<ShardReplicator>();
  const sql = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await client.query<Row>(text, values)).rows;
  const stopReplicators = async () => {
    await Promise.all([...started].map((replicator) => replicator.stop()));
    started.clear();
  };
  /** Its last user may still be ending. */
  const dropSlot = () =>
    vi.waitFor(async () => {
      await sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'atlas_cdc'");
    });
  await sql("INSERT INTO atlas.shard (shard_id, cluster_id) VALUES ('s0', gen_random_uuid())");
  return {
    id,
    uri,
    clickhouse,
    sink,
    sql,
    async replicator(overrides = {}) {
      const replicator = new ShardReplicator({
        endpoints: cluster.endpoints,
        primary: pool,
        sink,
        attributes: lookupOf(TEST_ATTRIBUTES),
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
    async beat() {
      const [row] = await sql<{ at: string }>(
        `UPDATE atlas.shard SET heartbeat_at = clock_timestamp(), heartbeat_lsn = pg_current_wal_insert_lsn()
         RETURNING (extract(epoch FROM heartbeat_at) * 1000000)::bigint AS at`,
      );
      return Number(row?.at);
    },
    dropSlot,
    async reset() {
      await stopReplicators();
      await dropSlot();
      await sql('TRUNCATE atlas.entity');
      await sql('UPDATE atlas.shard SET heartbeat_at = NULL');
      for (const table of ['entity', 'entity_attribute', 'replication_watermark']) {
        await clickhouse.command(`TRUNCATE TABLE ${table}`);
      }
    },
    async stop() {
      await stopReplicators();
      await Promise.all([client.end(), pool.close(), clickhouse.close()]);
      await Promise.all([cluster.stop(), engine.stop()]);
    },
  };
}
