import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresPool } from '../../../../src/connections/postgres/postgres-pool.ts';
import type { EntityWrite } from '../../../../src/datasources/entity-writer.ts';
import { PostgresEntityWriter } from '../../../../src/datasources/postgres/writing/postgres-entity-writer.ts';
import { systemClock } from '../../../../src/lib/clock.ts';
import { ShardMap } from '../../../../src/sharding/shard-map.ts';
import { authorOf } from '../../../support/author.ts';
import { attribute } from '../../../support/domain.ts';
import { FIXED_DEFINITIONS } from '../../../support/fixed-definitions.ts';
import { startPostgresCluster, type TestCluster } from '../../../support/postgres-cluster.ts';
import { primaryPool } from '../../../support/postgres-pools.ts';
import { postgresQuery } from '../../../support/postgres-query.ts';

const LARGE = 40_000;
const GROWN = 5_000;
const VALUES = 9;
const sizes = Array.from({ length: VALUES }, (_, n) => attribute({ id: n + 1, key: `size_${n + 1}`, type: 'NUMBER' }));

describe('a batch of entities', () => {
  let cluster: TestCluster;
  let pool: PostgresPool;
  let writer: PostgresEntityWriter;
  /** In the partition of tenant 1, and without statistics. */
  let tenant = 0;

  const sql = <Row extends object>(text: string) => postgresQuery<Row>(cluster.endpoints.primary, text);
  const fill = (of: number, entities: number) =>
    sql(`INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
         SELECT ${of}, i, 'user', 1, now(), now(), '${JSON.stringify(Object.fromEntries(sizes.map(({ id }) => [id, 0])))}'
         FROM generate_series(1, ${entities}) i;
         INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_number)
         SELECT ${of}, i, attribute, 0 FROM generate_series(1, ${entities}) i, generate_series(1, ${VALUES}) attribute`);

  beforeAll(async () => {
    cluster = await startPostgresCluster();
    pool = primaryPool(cluster.endpoints, { actAs: 'atlas_serve', size: 1 });
    const shards = new ShardMap([cluster.endpoints], { kind: 'hash' });
    writer = new PostgresEntityWriter(shards, [pool], systemClock, { maxEntityBytes: 10_000 }, FIXED_DEFINITIONS);
    await sql(`INSERT INTO atlas.shard (shard_id, placement, cluster_id, heartbeat_at, heartbeat_lsn)
               VALUES ('s0', 'by hash over s0', gen_random_uuid(), now(), '0/64')`);
    const [beside] = await sql<{ tenant: number }>(
      `SELECT min(i) AS tenant FROM generate_series(2, 200) i, generate_series(0, 7) remainder
       WHERE satisfies_hash_partition('atlas.entity'::regclass, 8, remainder, 1)
         AND satisfies_hash_partition('atlas.entity'::regclass, 8, remainder, i)`,
    );
    tenant = beside?.tenant ?? 0;
    await fill(1, LARGE);
    await sql('ANALYZE');
    await fill(tenant, GROWN);
  });
  afterAll(async () => {
    await pool?.close();
    await cluster?.stop();
  });

  /** Of entities, attributes, and their index entries, by this session. */
  async function rowsRead(): Promise<number> {
    await pool.query({ text: 'SELECT pg_stat_force_next_flush()', values: [] });
    const [row] = await sql<{ read: number }>(
      `SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::integer AS read FROM pg_stat_user_tables WHERE relname ~ '^entity_(attribute_)?p'`,
    );
    return row?.read ?? Number.NaN;
  }

  const BATCHES = [
    ['one', 1],
    ['a few', 20],
    ['as many as an import writes at once', 500],
  ] as const;
  const upserted = async (rows: number, firstId: number, input: Pick<EntityWrite, 'set' | 'remove'>) => {
    const before = await rowsRead();
    const { outcome } = await writer.upsert(
      authorOf(tenant),
      Array.from({ length: rows }, (_, n) => ({
        ...{ id: String(firstId + n), type: 'user', expectedVersion: null },
        ...input,
      })),
    );
    expect(outcome.map(({ status }) => status)).not.toContain('FAILED');
    return (await rowsRead()) - before;
  };

  it.each(BATCHES)(
    'reads each of its entities only, while the server knows nothing of a tenant that grows: %s',
    async (_, rows) => {
      for (const firstId of [1, GROWN + 1, 1]) {
        const set = sizes.map((size) => ({ attribute: size, value: Math.random() }));
        expect(await upserted(rows, firstId, { set, remove: [] })).toBeLessThanOrEqual((2 * VALUES + 3) * rows);
      }
    },
  );

  it.each(BATCHES)('reads of what it takes away those rows only: %s', async (_, rows) => {
    const [first, second, ...others] = sizes;
    const [gone, kept] = [
      [first, second].flatMap((size) => size ?? []),
      others.map((size) => ({ attribute: size, value: 0 })),
    ];
    const firstId = 2_000 + rows;
    expect(await upserted(rows, firstId, { set: kept, remove: gone })).toBeLessThanOrEqual((2 * VALUES + 3) * rows);
    const [left] = await sql<{ left: number }>(
      `SELECT count(*)::integer AS left FROM atlas.entity_attribute WHERE tenant_id = ${tenant}
       AND entity_id >= ${firstId} AND entity_id < ${firstId + rows} AND attribute_id <= 2`,
    );
    expect(left).toEqual({ left: 0 });
  });
});
