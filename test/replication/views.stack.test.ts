import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClickHouseViews } from '../../src/replication/views/clickhouse-views.ts';
import { PostgresViews } from '../../src/replication/views/postgres-views.ts';
import { blocksUnder } from '../support/documented-commands.ts';
import { caughtUp } from './support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from './support/replicated-shard.ts';
import { lookupOf, TEST_ATTRIBUTES } from './support/test-attributes.ts';

const { signal } = new AbortController();
const TENANTS = [1, 2];
let shard: ReplicatedShard;
let views: readonly [PostgresViews, ClickHouseViews];
/** A login without any right but those on the views of tenant 1. */
let reader: pg.Client;

beforeAll(async () => {
  shard = await startReplicatedShard();
  views = [
    new PostgresViews({ primary: shard.primary, periodMs: 1_000 }),
    new ClickHouseViews({ home: shard.primary, clickhouse: shard.clickhouse, periodMs: 1_000 }),
  ];
  for (const tenant of TENANTS) {
    await shard.sql(`CREATE SCHEMA atlas_tenant_${tenant} AUTHORIZATION atlas_migrate`);
    await shard.clickhouse.command(`CREATE DATABASE atlas_tenant_${tenant}`);
  }
  await shard.sql(`CREATE ROLE bi_1 LOGIN PASSWORD 'bi'`);
  await shard.sql('GRANT USAGE ON SCHEMA atlas_tenant_1 TO bi_1');
  await shard.sql(
    'ALTER DEFAULT PRIVILEGES FOR ROLE atlas_migrate IN SCHEMA atlas_tenant_1 GRANT SELECT ON TABLES TO bi_1',
  );
  const url = new URL(shard.endpoints.primary);
  reader = new pg.Client({
    host: url.hostname,
    port: Number(url.port),
    database: url.pathname.slice(1),
    user: 'bi_1',
    password: 'bi',
  });
  await reader.connect();
  const documented = TEST_ATTRIBUTES.map((attribute) => ({ ...attribute, id: attribute.id + 10, hotColumn: null }));
  await shard.replicator({ attributes: lookupOf([...TEST_ATTRIBUTES, ...documented]) });
});
afterAll(async () => {
  await reader?.end();
  await shard?.stop();
});

async function define(id: number, key: string, type: string, more: Record<string, unknown> = {}): Promise<void> {
  const given = { tenant_id: 1, entity_types: [], access: {}, storage: {}, retired_at: null, ...more };
  await shard.sql(
    `INSERT INTO atlas.attribute_definition (attribute_id, tenant_id, key, type, entity_types, access, storage, retired_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (attribute_id) DO UPDATE SET key = excluded.key, type = excluded.type, entity_types = excluded.entity_types,
       access = excluded.access, storage = excluded.storage, retired_at = excluded.retired_at`,
    [id, given.tenant_id, key, type, given.entity_types, given.access, given.storage, given.retired_at],
  );
}

async function put(tenant: number, id: number, type: string, attributes: Record<string, unknown>): Promise<void> {
  await shard.sql(
    `INSERT INTO atlas.entity AS e (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
     VALUES ($1, $2, $3, 1, '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', $4)
     ON CONFLICT (tenant_id, entity_id) DO UPDATE SET version = e.version + 1, attributes = excluded.attributes`,
    [tenant, id, type, JSON.stringify(attributes)],
  );
}

async function refresh(): Promise<void> {
  await caughtUp(shard);
  for (const one of views) await one.run(signal);
}

/** As the engines give the rows of a view, in the order of ids. */
const inPostgres = async (view: string) =>
  (await reader.query(`SELECT * FROM atlas_tenant_1."${view}" ORDER BY _id`)).rows;
const inClickHouse = (view: string) => shard.clickhouse.query(`SELECT * FROM atlas_tenant_1.\`${view}\` ORDER BY _id`);
const columns = async (view: string) => ({
  postgres: (await reader.query(`SELECT * FROM atlas_tenant_1."${view}" LIMIT 0`)).fields.map(({ name }) => name),
  clickhouse: (
    await shard.clickhouse.query<{ name: string }>(
      'SELECT name FROM system.columns WHERE database = {d:String} AND table = {view:String} ORDER BY position',
      { d: 'atlas_tenant_1', view },
    )
  ).map(({ name }) => name),
});
const OWN = ['_id', '_version', '_created_at', '_updated_at'];
const both = (...keys: string[]) => ({ postgres: [...OWN, ...keys], clickhouse: [...OWN, ...keys] });

describe('the views of a tenant', () => {
  it('have attributes as columns with their types, also if they are called as columns of the tables', async () => {
    await define(1, 'type', 'TEXT');
    await define(2, 'version', 'NUMBER');
    await define(3, 'attributes', 'BOOLEAN');
    await define(4, 'tenant_id', 'TIMESTAMP');
    await define(5, 'entity_id', 'JSON');
    const text = `it's "quoted",\nand \\ more`;
    await put(1, 1, 'user', {
      '1': text,
      '2': 1e20,
      '3': true,
      '4': '0001-01-01T00:00:00.000Z',
      '5': { a: [1, null] },
    });
    await put(1, 2, 'user', { '1': '', '2': -0.1, '3': false, '4': '9999-12-31T23:59:59.999Z', '5': 'text' });
    await put(1, 3, 'user', {});
    await put(2, 4, 'user', { '1': 'of another tenant' });
    await refresh();
    expect(await columns('user')).toEqual(both('attributes', 'entity_id', 'tenant_id', 'type', 'version'));
    const [first, second, third, ...none] = await inPostgres('user');
    expect(none).toEqual([]);
    const created = new Date('2026-01-01T00:00:00Z');
    expect(first).toEqual({
      ...{ _id: '1', _version: '1', _created_at: created, _updated_at: new Date('2026-01-02T00:00:00Z') },
      ...{ type: text, version: 1e20, attributes: true, entity_id: { a: [1, null] }, tenant_id: expect.any(Date) },
    });
    expect(first.tenant_id.toISOString()).toBe('0001-01-01T00:00:00.000Z');
    expect(second).toMatchObject({ type: '', version: -0.1, attributes: false, entity_id: 'text' });
    expect(third).toMatchObject({ type: null, version: null, attributes: null, entity_id: null, tenant_id: null });
    expect(await inClickHouse('user')).toEqual([
      {
        ...{ _id: '1', _version: '1', _created_at: '2026-01-01 00:00:00.000', _updated_at: '2026-01-02 00:00:00.000' },
        ...{
          type: text,
          version: 1e20,
          attributes: true,
          entity_id: '{"a":[1,null]}',
          tenant_id: '0001-01-01 00:00:00.000',
        },
      },
      expect.objectContaining({
        type: '',
        version: -0.1,
        attributes: false,
        entity_id: '"text"',
        tenant_id: '9999-12-31 23:59:59.999',
      }),
      expect.objectContaining({ type: null, version: null, attributes: null, entity_id: null, tenant_id: null }),
    ]);
  });

  it('follow the catalog: defined, for some types, retired, restricted, deleted; new types are met', async () => {
    await define(6, 'nick', 'TEXT', { entity_types: ['user', 'Other.type:of-1'] });
    await define(7, 'secret', 'TEXT', { access: { read: ['hr'] } });
    await put(1, 5, 'Other.type:of-1', { '6': 'x', '7': 'hidden' });
    await put(1, 6, 'third', {});
    await refresh();
    expect(await columns('user')).toEqual(both('attributes', 'entity_id', 'nick', 'tenant_id', 'type', 'version'));
    expect(await columns('third')).toEqual(both('attributes', 'entity_id', 'tenant_id', 'type', 'version'));
    expect(await inPostgres('Other.type:of-1')).toMatchObject([{ _id: '5', nick: 'x' }]);
    expect(await inClickHouse('Other.type:of-1')).toMatchObject([{ _id: '5', nick: 'x' }]);

    await define(1, 'type', 'TEXT', { retired_at: new Date() });
    await define(3, 'attributes', 'BOOLEAN', { storage: { deleted: true } });
    await define(2, 'version', 'NUMBER', { entity_types: ['third'] });
    // A shared definition, and the tenant's own with the same key.
    await define(8, 'nick', 'NUMBER', { tenant_id: 0 });
    await shard.sql('DELETE FROM atlas.entity WHERE entity_id = 6');
    await refresh();
    expect(await columns('user')).toEqual(both('entity_id', 'nick', 'tenant_id'));
    expect(await columns('third')).toEqual(both('entity_id', 'tenant_id', 'version'));
    expect([await inPostgres('third'), await inClickHouse('third')]).toEqual([[], []]);
    const keys = 'SELECT key, type FROM atlas_tenant_1._attributes ORDER BY key';
    const catalog = ['entity_id JSON', 'nick TEXT', 'tenant_id TIMESTAMP', 'version NUMBER'];
    const named = (rows: { key: string; type: string }[]) => rows.map(({ key, type }) => `${key} ${type}`);
    expect(named((await reader.query(keys)).rows)).toEqual(catalog);
    expect(named(await shard.clickhouse.query(keys))).toEqual(catalog);
  });

  it('are left alone while nothing changes, and by two processes at once', async () => {
    const made = `SELECT oid, xmin FROM pg_class WHERE relkind = 'v' ORDER BY oid`;
    const before = await shard.sql(made);
    const uuids = () =>
      shard.clickhouse.query(
        `SELECT name, uuid FROM system.tables WHERE database LIKE 'atlas_tenant_%' ORDER BY database, name`,
      );
    const copied = await uuids();
    await Promise.all([...views, ...views].map((one) => one.run(signal)));
    expect(await shard.sql(made)).toEqual(before);
    expect(await uuids()).toEqual(copied);
  });

  it('say how old they are', async () => {
    const beat = await shard.beat();
    await refresh();
    const text = 'SELECT shard, complete_until FROM atlas_tenant_1._freshness';
    const [row] = (await reader.query(text)).rows;
    expect(row).toMatchObject({ shard: 's0' });
    expect(row.complete_until.getTime()).toBeGreaterThanOrEqual(Math.floor(beat));
    const [copy] = await shard.clickhouse.query<{ shard: string; complete_until: string }>(text);
    expect(Date.parse(`${copy?.complete_until.replace(' ', 'T')}Z`)).toBeGreaterThanOrEqual(Math.floor(beat));
  });

  it('give their reader one tenant, and nothing else', async () => {
    await refresh();
    for (const text of [
      'SELECT * FROM atlas.entity',
      'SELECT * FROM atlas.attribute_definition',
      'SELECT * FROM atlas_tenant_2."user"',
      'SELECT atlas.refresh_views()',
      'CREATE VIEW atlas_tenant_1.own AS SELECT 1',
    ]) {
      await expect(reader.query(text)).rejects.toThrow(/permission denied/);
    }
    // A function of its own is not called with rows of another tenant.
    const leak = `CREATE FUNCTION pg_temp.leak(bigint) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
      BEGIN RAISE NOTICE 'seen %', $1; RETURN true; END $$`;
    const seen: string[] = [];
    reader.on('notice', ({ message }) => seen.push(message ?? ''));
    await reader.query(leak);
    await reader.query('SELECT count(*) FROM atlas_tenant_1."user" WHERE pg_temp.leak(_id)');
    expect(seen.sort()).toEqual(['seen 1', 'seen 2', 'seen 3']);
    // A setting by which processes are given a tenant changes nothing.
    await reader.query(`SET atlas.tenant_id = '2'`);
    expect((await inPostgres('user')).map(({ _id }) => _id)).toEqual(['1', '2', '3']);
  });

  it('that cannot be changed are named, and all others are changed', async () => {
    await shard.sql('CREATE VIEW atlas_tenant_1.fourth AS SELECT 1 AS own');
    await shard.sql('CREATE VIEW public.dependent AS SELECT * FROM atlas_tenant_1.third');
    await shard.clickhouse.command('CREATE VIEW atlas_tenant_1.fourth AS SELECT 1 AS own');
    await put(1, 7, 'fourth', {});
    await define(9, 'added', 'TEXT');
    await caughtUp(shard);
    await expect(views[0].run(signal)).rejects.toThrow(
      /^atlas_tenant_1\.fourth: it was not made by Atlas; atlas_tenant_1\.third: cannot drop view atlas_tenant_1\.third because other objects depend on it$/,
    );
    await expect(views[1].run(signal)).rejects.toThrow('atlas_tenant_1.fourth: it was not made by Atlas');
    expect((await columns('user')).postgres).toContain('added');
    expect((await columns('user')).clickhouse).toContain('added');
    expect((await reader.query('SELECT * FROM atlas_tenant_1.third')).rows).toEqual([]);
    await shard.sql('DROP VIEW atlas_tenant_1.fourth, public.dependent');
    await shard.clickhouse.command('DROP VIEW atlas_tenant_1.fourth');
    await refresh();
    expect((await columns('third')).postgres).toContain('added');
  });

  it('are in ClickHouse as the catalog is, whatever was interrupted or restored', async () => {
    const ids = () =>
      shard.clickhouse.query<{ id: number }>('SELECT attribute_id AS id FROM attribute_definition FINAL ORDER BY id');
    const stored = async () =>
      (await shard.sql<{ id: number }>('SELECT attribute_id AS id FROM atlas.attribute_definition ORDER BY 1')).map(
        ({ id }) => ({ id }),
      );
    await refresh();
    expect(await ids()).toEqual(await stored());
    // A tenant is erased; an earlier run has written everything, and has not removed what is gone.
    await shard.sql('DELETE FROM atlas.attribute_definition WHERE attribute_id = 9');
    await shard.clickhouse.command(
      'INSERT INTO attribute_definition SELECT * REPLACE (generation + 1 AS generation) FROM attribute_definition FINAL',
    );
    await refresh();
    expect(await ids()).toEqual(await stored());
    expect((await columns('user')).clickhouse).not.toContain('added');
    await shard.clickhouse.command('TRUNCATE TABLE attribute_definition');
    await refresh();
    expect(await ids()).toEqual(await stored());
  });

  it('have lists as arrays: an entity without one has null in Postgres, and none in ClickHouse', async () => {
    await define(30, 'tags', 'TEXT_LIST', { entity_types: ['tagged'] });
    await define(31, 'ratings', 'NUMBER_LIST', { entity_types: ['tagged'] });
    await put(1, 71, 'tagged', { '30': ['b', 'it\'s "a"', 'b'], '31': [0.1, 5e-324, 1e21] });
    await put(1, 72, 'tagged', { '30': [] });
    await refresh();
    const full = { tags: ['b', 'it\'s "a"', 'b'], ratings: [0.1, 5e-324, 1e21] };
    expect(await inPostgres('tagged')).toMatchObject([full, { tags: [], ratings: null }]);
    expect(await inClickHouse('tagged')).toMatchObject([full, { tags: [], ratings: [] }]);
  });
});

describe('docs/business-intelligence.md', () => {
  const blocks = (heading: string, language: string) =>
    blocksUnder('docs/business-intelligence.md', heading, language).map((block) =>
      block.replaceAll('atlas_tenant_1', 'atlas_tenant_3'),
    );
  const answers = (heading: string) => blocks(heading, 'json').map((block) => JSON.parse(block));

  it('prints what the engines answer', async () => {
    const more = { tenant_id: 3 };
    await define(11, 'name', 'TEXT', more);
    await define(12, 'score', 'NUMBER', more);
    await define(14, 'last_seen', 'TIMESTAMP', more);
    await define(15, 'settings', 'JSON', more);
    const seen = '2026-03-01T08:30:00.000Z';
    await put(3, 31, 'user', { '11': 'Ada', '12': 87.5, '14': seen, '15': { theme: 'dark' } });
    await put(3, 32, 'user', { '11': 'Grace', '12': 92 });
    const [database = '', ...selects] = blocks('## ClickHouse', 'sql');
    const [schema = '', ...queries] = blocks('## Postgres', 'sql');
    const [freshness = ''] = blocks('## What a view has', 'sql');
    await shard.clickhouse.command(database);
    await shard.sql(schema);
    await refresh();
    expect(await Promise.all(selects.map((text) => shard.clickhouse.query(text)))).toEqual(answers('## ClickHouse'));
    const url = new URL(shard.endpoints.primary);
    const analyst = new pg.Client({
      ...{ host: url.hostname, port: Number(url.port), database: url.pathname.slice(1) },
      ...{ user: 'analyst', password: 'change me' },
    });
    await analyst.connect();
    try {
      const rows: unknown[] = [];
      for (const text of queries) rows.push((await analyst.query(text)).rows);
      expect(JSON.parse(JSON.stringify(rows))).toEqual(answers('## Postgres'));
      const [[printed]] = answers('## What a view has');
      for (const found of [(await analyst.query(freshness)).rows, await shard.clickhouse.query(freshness)]) {
        expect(found).toEqual([{ ...printed, complete_until: expect.anything() }]);
      }
    } finally {
      await analyst.end();
    }
  });
});
