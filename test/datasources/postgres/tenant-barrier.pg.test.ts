import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {
  PostgresDatabase,
  Statement,
  StatementTenant,
} from '../../../src/connections/postgres/postgres-database.ts';
import type { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { PostgresEntityReader } from '../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { PostgresEntityWriter } from '../../../src/datasources/postgres/writing/postgres-entity-writer.ts';
import { count } from '../../../src/datasources/questions/count.ts';
import { entitiesById } from '../../../src/datasources/questions/entities-by-id.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { ShardMap } from '../../../src/sharding/shard-map.ts';
import { authorOf } from '../../support/author.ts';
import { attribute } from '../../support/domain.ts';
import { FIXED_DEFINITIONS } from '../../support/fixed-definitions.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { primaryPool } from '../../support/postgres-pools.ts';
import { postgresQuery } from '../../support/postgres-query.ts';

/** PostgreSQL's code for what a role, or a policy, does not allow. */
const REFUSED = { sqlState: '42501' };
const note = attribute({ id: 7, key: 'note', type: 'TEXT' });

describe('the barrier between tenants', () => {
  let cluster: TestCluster;
  /** One connection each, so that every statement follows the one before. */
  let serve: PostgresPool;
  let replicate: PostgresPool;
  const asOwner = <Row extends object>(text: string) => postgresQuery<Row>(cluster.endpoints.primary, text);

  beforeAll(async () => {
    cluster = await startPostgresCluster();
    serve = primaryPool(cluster.endpoints, { actAs: 'atlas_serve', size: 1 });
    replicate = primaryPool(cluster.endpoints, { actAs: 'atlas_replicate', size: 1 });
    await asOwner(
      `INSERT INTO atlas.shard (shard_id, placement, cluster_id) VALUES ('s0', 'by hash over s0', gen_random_uuid())`,
    );
    await asOwner(`INSERT INTO atlas.attribute_definition (attribute_id, tenant_id, key, type)
      VALUES (7, 0, 'note', 'TEXT'), (8, 1, 'first', 'TEXT'), (9, 2, 'second', 'TEXT')`);
  });
  afterAll(async () => {
    await Promise.all([serve?.close(), replicate?.close()]);
    await cluster?.stop();
  });
  beforeEach(async () => {
    await asOwner('TRUNCATE atlas.entity, atlas.entity_attribute');
    await asOwner(`INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
      SELECT tenant, id, 'user', 1, '2026-01-01', '2026-01-01', '{"7":"x"}'
      FROM generate_series(1, 2) tenant, generate_series(1, 3) id`);
    await asOwner(`INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_text)
      SELECT tenant_id, entity_id, 7, 'x' FROM atlas.entity`);
  });

  const as = (tenant: StatementTenant | undefined, text: string, values: unknown[] = []): Statement =>
    tenant === undefined ? { text, values } : { tenant, text, values };
  const rows = async (table: string, tenant?: StatementTenant, pool = serve) => {
    const [row] = await pool.query<{ n: number }>(as(tenant, `SELECT count(*)::integer AS n FROM atlas.${table}`));
    return row?.n;
  };
  const changed = async (text: string, tenant?: StatementTenant) => (await serve.query(as(tenant, text))).length;

  it('shows the elements of lists to their tenant only, and lets nobody write them but by their list', async () => {
    const list = (tenant: number, id: number) =>
      `INSERT INTO atlas.entity_attribute VALUES (${tenant}, ${id}, 10, NULL, 2, NULL, NULL, '["a","b"]')`;
    await serve.query(as(1, list(1, 1)));
    await serve.query(as(2, list(2, 1)));
    for (const tenant of [1, 2]) expect(await rows('entity_element', tenant)).toBe(2);
    for (const tenant of [3, 'all', undefined] as const) expect(await rows('entity_element', tenant)).toBe(0);
    for (const write of [
      "INSERT INTO atlas.entity_element VALUES (1, 1, 10, 3, 'c', NULL, true)",
      "UPDATE atlas.entity_element SET value_text = 'c'",
      'DELETE FROM atlas.entity_element',
    ]) {
      await expect(serve.query(as(1, write))).rejects.toMatchObject(REFUSED);
    }
    await serve.query(
      as(1, `UPDATE atlas.entity_attribute SET value_list = '["c"]', value_number = 1 WHERE attribute_id = 10`),
    );
    expect(
      await asOwner('SELECT tenant_id, value_text FROM atlas.entity_element ORDER BY tenant_id, position'),
    ).toEqual([
      ...[{ tenant_id: 1, value_text: 'c' }],
      ...['a', 'b'].map((value_text) => ({ tenant_id: 2, value_text })),
    ]);
    await serve.query(as(1, 'DELETE FROM atlas.entity_attribute WHERE attribute_id = 10'));
    expect(await rows('entity_element', 1)).toBe(0);
    await asOwner('TRUNCATE atlas.entity_attribute');
    expect(await rows('entity_element', 2)).toBe(0);
  });

  it('keeps elements with their list, whatever SQL does to its row', async () => {
    const agree = async () => {
      const elements =
        await asOwner(`SELECT tenant_id, entity_id, attribute_id, array_agg(value_text ORDER BY position) AS texts
        FROM atlas.entity_element GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`);
      const lists =
        await asOwner(`SELECT tenant_id, entity_id, attribute_id, ARRAY(SELECT jsonb_array_elements_text(value_list::jsonb)) AS texts
        FROM atlas.entity_attribute WHERE value_list IS NOT NULL ORDER BY 1, 2, 3`);
      expect(elements).toEqual(lists);
      return lists.length;
    };
    await asOwner(`INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_number, value_list)
      SELECT tenant, id, 10, id, (SELECT jsonb_agg('e' || n) FROM generate_series(1, id) n)::text
      FROM generate_series(1, 20) tenant, generate_series(1, 4) id ORDER BY tenant, id DESC`);
    expect(await agree()).toBe(80);
    for (const set of [
      'attribute_id = attribute_id + 1 WHERE attribute_id = 10',
      // Each takes the key that another has left.
      'entity_id = entity_id + 1 WHERE attribute_id = 11 AND tenant_id = 1',
      'entity_id = entity_id * 100, value_number = 1, value_list = \'["new"]\' WHERE attribute_id = 11 AND tenant_id = 2',
      // Into other partitions.
      'tenant_id = tenant_id + 100 WHERE attribute_id = 11',
      'attribute_id = 12, value_list = NULL, value_number = NULL WHERE tenant_id = 103',
    ]) {
      // In the order of the table, so that each key is free when it is taken.
      await asOwner(
        `SET enable_indexscan = off; SET enable_bitmapscan = off; UPDATE atlas.entity_attribute SET ${set}`,
      );
      await agree();
    }
    expect(await agree()).toBe(76);
    await asOwner('TRUNCATE atlas.entity_attribute_p1, atlas.entity_attribute_p4');
    expect(await agree()).toBeLessThan(76);
    await asOwner('TRUNCATE atlas.entity_attribute');
    expect(await agree()).toBe(0);
  });

  describe.each(['entity', 'entity_attribute'])('%s', (table) => {
    it('shows a statement without a condition the rows of its tenant, and none if it has no tenant', async () => {
      expect(await rows(table, 1)).toBe(3);
      expect(await rows(table, 2)).toBe(3);
      expect(await rows(table, 3)).toBe(0);
      expect(await rows(table, 'all')).toBe(0);
      expect(await rows(table)).toBe(0);
    });

    it('lets a statement without a condition change and delete rows of its tenant only', async () => {
      const column = table === 'entity' ? 'version' : 'attribute_id';
      const update = `UPDATE atlas.${table} SET ${column} = ${column} + 1 RETURNING 1`;
      expect(await changed(update)).toBe(0);
      expect(await changed(update, 'all')).toBe(0);
      expect(await changed(update, 1)).toBe(3);
      expect(await changed(`DELETE FROM atlas.${table} RETURNING 1`)).toBe(0);
      expect(await changed(`DELETE FROM atlas.${table} RETURNING 1`, 2)).toBe(3);
      expect(await asOwner(`SELECT tenant_id, ${column}::integer AS v FROM atlas.${table} ORDER BY entity_id`)).toEqual(
        Array.from({ length: 3 }, () => ({ tenant_id: 1, v: table === 'entity' ? 2 : 8 })),
      );
    });

    it('takes no row of another tenant, and does not hand one over', async () => {
      const values = table === 'entity' ? "(2, 9, 'user', 1, now(), now(), '{}')" : "(2, 9, 7, 'x')";
      const insert = `INSERT INTO atlas.${table} VALUES ${values}`;
      await expect(serve.query(as(1, insert))).rejects.toMatchObject(REFUSED);
      await expect(serve.query(as('all', insert))).rejects.toMatchObject(REFUSED);
      await expect(serve.query(as(undefined, insert))).rejects.toMatchObject(REFUSED);
      const move = `UPDATE atlas.${table} SET tenant_id = 2, entity_id = entity_id + 10`;
      await expect(serve.query(as(1, move))).rejects.toMatchObject(REFUSED);
    });

    it('has no way round through a partition, or by turning the policies off', async () => {
      await expect(rows(`${table}_p0`, 1)).rejects.toMatchObject(REFUSED);
      const unprotected = serve.transaction(async (session) => {
        await session.query({ text: 'SET LOCAL row_security = off', values: [] });
        await session.query(as(1, `SELECT FROM atlas.${table}`));
      });
      await expect(unprotected).rejects.toMatchObject(REFUSED);
    });

    it('shows change capture the rows of all tenants, and lets it change none', async () => {
      expect(await rows(table, undefined, replicate)).toBe(6);
      await expect(replicate.query(as(1, `DELETE FROM atlas.${table}`))).rejects.toMatchObject(REFUSED);
    });
  });

  it('shows shared definitions to everybody, those of a tenant to it, and all of them to who asks for all', async () => {
    expect(await rows('attribute_definition')).toBe(1);
    expect(await rows('attribute_definition', 1)).toBe(2);
    expect(await rows('attribute_definition', 3)).toBe(1);
    expect(await rows('attribute_definition', 'all')).toBe(3);
    expect(await rows('attribute_definition', undefined, replicate)).toBe(3);
    for (const tenant of [0, 2]) {
      const insert = `INSERT INTO atlas.attribute_definition (tenant_id, key, type) VALUES (${tenant}, 'x', 'TEXT')`;
      for (const sender of [1, 'all', undefined] as const) {
        await expect(serve.query(as(sender, insert))).rejects.toMatchObject(REFUSED);
      }
    }
  });

  it('shows what entity types mean to their tenant, and of all tenants to who asks for all', async () => {
    await asOwner(
      "INSERT INTO atlas.entity_type (tenant_id, type, description) VALUES (1, 'a', 'of 1'), (2, 'b', 'of 2')",
    );
    expect(await rows('entity_type')).toBe(0);
    expect(await rows('entity_type', 1)).toBe(1);
    expect(await rows('entity_type', 3)).toBe(0);
    expect(await rows('entity_type', 'all')).toBe(2);
    expect(await rows('entity_type', undefined, replicate)).toBe(2);
    for (const sender of [1, 'all', undefined] as const) {
      const insert = "INSERT INTO atlas.entity_type (tenant_id, type) VALUES (2, 'c')";
      await expect(serve.query(as(sender, insert))).rejects.toMatchObject(REFUSED);
    }
    expect(await changed("UPDATE atlas.entity_type SET description = 'x' RETURNING 1", 'all')).toBe(0);
    expect(await changed("UPDATE atlas.entity_type SET description = 'x' RETURNING 1", 1)).toBe(1);
  });

  it('ends with the statement, whether that succeeds, fails or is cancelled', async () => {
    expect(await rows('entity', 1)).toBe(3);
    expect(await rows('entity')).toBe(0);
    await expect(serve.query(as(1, 'SELECT 1 / count(*) FROM atlas.entity WHERE false'))).rejects.toThrow('zero');
    expect(await rows('entity')).toBe(0);
    await expect(serve.query(as(1, 'SELEC'))).rejects.toThrow('syntax');
    expect(await rows('entity')).toBe(0);
    await expect(serve.query(as(1, 'SELECT pg_sleep(60)'), AbortSignal.timeout(100))).rejects.toThrow();
    expect(await rows('entity')).toBe(0);
  });

  it('lasts for the rest of a transaction, and ends with it', async () => {
    const seen = await serve.transaction(async (session) => {
      const found = [];
      for (const tenant of [undefined, 1, undefined, 2] as const) {
        found.push((await session.query(as(tenant, 'SELECT FROM atlas.entity'))).length);
      }
      return found;
    });
    expect(seen).toEqual([0, 3, 3, 3]);
    expect(await rows('entity')).toBe(0);
    await expect(serve.transaction((session) => session.query(as(1, 'SELECT 1 / 0')))).rejects.toThrow('zero');
    expect(await rows('entity')).toBe(0);
  });

  it('holds for a prepared statement, whose plan all tenants share', async () => {
    const own = async (tenant?: number) => {
      const statement = as(tenant, 'SELECT DISTINCT tenant_id FROM atlas.entity WHERE entity_id > $1', [0]);
      return (await serve.query<{ tenant_id: number }>({ ...statement, name: 'shared_plan' })).map(
        (row) => row.tenant_id,
      );
    };
    for (let round = 0; round < 8; round++) {
      expect(await own(1)).toEqual([1]);
      expect(await own(2)).toEqual([2]);
      expect(await own()).toEqual([]);
    }
  });

  describe('of the reader and the writer', () => {
    const signal = new AbortController().signal;
    const shardMap = () => new ShardMap([cluster.endpoints], { kind: 'hash' });
    const writerOf = (database: PostgresDatabase) =>
      new PostgresEntityWriter(shardMap(), [database], systemClock, { maxEntityBytes: 10_000 }, FIXED_DEFINITIONS);
    const users = { type: null, filter: { kind: 'and', filters: [] } } as const;
    const write = (id: string) => ({
      ...{ id, type: 'user', set: [{ attribute: note, value: 'new' }], remove: [], expectedVersion: null },
    });

    /** As if the tenant were the given one, or had been forgotten, while the text and its values still name the right one. */
    const sending = (tenant?: number): PostgresDatabase => {
      const changedTenant = ({ tenant: _, ...statement }: Statement) =>
        tenant === undefined ? statement : { ...statement, tenant };
      return {
        shard: serve.shard,
        role: serve.role,
        query: (statement, own) => serve.query(changedTenant(statement), own),
        transaction: (work, isolation) =>
          serve.transaction(
            (session) => work({ query: (one, own) => session.query(changedTenant(one), own) }),
            isolation,
          ),
        close: () => serve.close(),
      };
    };

    it.each([undefined, 2])('finds nothing, and writes nothing, with the tenant %s', async (tenant) => {
      const reader = new PostgresEntityReader(sending(tenant));
      const byId = entitiesById({ tenantId: 1, shard: 's0', ids: ['1'] });
      expect((await reader.ask(byId, signal)).data).toEqual([]);
      expect((await reader.ask(count({ tenantId: 1, ...users }), signal)).data).toBe(0n);
      const writer = writerOf(sending(tenant));
      await expect(writer.upsert(authorOf(1), [write('77')])).rejects.toMatchObject(REFUSED);
      expect((await writer.delete(authorOf(1), '1', null)).outcome).toBe(false);
      expect(await asOwner('SELECT FROM atlas.entity')).toHaveLength(6);
    });

    it('is not in the way of the right tenant', async () => {
      const reader = new PostgresEntityReader(serve);
      const { outcome } = await writerOf(serve).upsert(authorOf(1), [write('1'), write('77')]);
      expect(outcome.map(({ status }) => status)).toEqual(['UPDATED', 'CREATED']);
      expect((await reader.ask(count({ tenantId: 1, ...users }), signal)).data).toBe(4n);
      expect((await writerOf(serve).delete(authorOf(1), '77', null)).outcome).toBe(true);
      expect((await reader.ask(entitiesById({ tenantId: 2, shard: 's0', ids: ['1', '77'] }), signal)).data).toEqual([
        expect.objectContaining({ id: '1', attributes: { 7: 'x' } }),
      ]);
    });
  });
});
