import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  ClickHouseDatabase,
  ClickHouseParameters,
  ClickHouseSession,
} from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { TENANT_TABLES } from '../../../src/connections/clickhouse/tenant-barrier.ts';
import { ClickHouseEntityReader } from '../../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { count } from '../../../src/datasources/questions/count.ts';
import { entitiesById } from '../../../src/datasources/questions/entities-by-id.ts';
import { entityPage } from '../../../src/datasources/questions/entity-page.ts';
import { facets } from '../../../src/datasources/questions/facets.ts';
import type { Question } from '../../../src/datasources/questions/question.ts';
import { referencingPages } from '../../../src/datasources/questions/referencing-pages.ts';
import { INDEXED_TEXT_LENGTH } from '../../../src/domain/catalog/attribute.ts';
import { type EntityFilter, MATCH_ALL } from '../../../src/domain/filter/filter.ts';
import type { TenantId } from '../../../src/domain/identifiers.ts';
import { markCopy } from '../../../src/watermarks/copy-markers.ts';
import { startClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { entityReaderConformance } from '../entity-reader.conformance.ts';
import { recordInClickHouse } from '../support/fill-audit.ts';
import { COPY_ID, fillClickHouse, storeWatermark } from '../support/fill-clickhouse.ts';
import { CATALOG } from '../support/sample-catalog.ts';
import { sample } from '../support/sample-entity.ts';

let clickhouse: TestClickHouse;
let database: ClickHouseDatabase;

beforeAll(async () => {
  clickhouse = await startClickHouse();
  database = await clickhouse.connect();
  await storeWatermark(database, 's0', { lsn: 100n, heartbeatAt: 1_767_225_601_234.567 });
  await storeWatermark(database, 's1', { copyId: 2n, lsn: 200n });
});
afterAll(() => clickhouse?.stop());

/** What ClickHouse knows of its copies, until they change: asking thousands of times again takes half of the time. */
class KnownCopies implements ClickHouseSession {
  readonly #answers = new Map<string, Promise<object[]>>();

  forget(): void {
    this.#answers.clear();
  }

  query<Row extends object>(
    text: string,
    parameters?: ClickHouseParameters,
    signal?: AbortSignal,
    tenant?: TenantId,
  ): Promise<Row[]> {
    if (!text.includes('FROM replication_watermark')) return database.query<Row>(text, parameters, signal, tenant);
    const known = this.#answers.get(text) ?? database.query<Row>(text, parameters, signal, tenant);
    this.#answers.set(text, known);
    return known as Promise<Row[]>;
  }

  readonly serverChanges = 0;

  catchUp(tables: readonly string[], signal?: AbortSignal): Promise<void> {
    return database.catchUp(tables, signal);
  }
}

const catchUp: ClickHouseSession['catchUp'] = (tables, given) => database.catchUp(tables, given);
const known = new KnownCopies();

/** The first half of the entities is of commits that the watermark covers, the second of one after it, which is read in another way; each has every value. */
entityReaderConformance('ClickHouse', async () => ({
  reader: new ClickHouseEntityReader(known, ['s0']),
  fill: async (entities) => {
    await fillClickHouse(database, entities, undefined, (index) => (2 * index < entities.length ? 99n : 100n));
    known.forget();
  },
  record: (entries) => recordInClickHouse(database, entries),
}));

it('reads the number of an unsettled entity, not a number with the same key in its JSON', async () => {
  const key = CATALOG.number.id;
  // Postgres prints members with smaller ids first.
  const printed = `{"101": [{"${key}": 7.000000000000001}, {"${key}": 7}], "102": "${key}", "${key}": 7, "205": {"${key}": 6}}`;
  await fillClickHouse(
    database,
    [sample(1, { number: 7 })],
    () => printed,
    () => 100n,
  );
  const predicate = { operator: 'eq', operand: 7 } as const;
  const question = count({
    ...{ tenantId: 1, type: null },
    filter: { kind: 'attribute', attribute: CATALOG.number, predicate },
  });
  const { data } = await new ClickHouseEntityReader(database, ['s0']).ask(question, new AbortController().signal);
  expect(data).toBe(1n);
});

it('looks for texts that go on beyond their indexed beginning only if some may, and remembers it', async () => {
  const [long, other] = ['x'.repeat(INDEXED_TEXT_LENGTH + 1), `${'x'.repeat(INDEXED_TEXT_LENGTH)}y`];
  const short = [1, 2, 3].map((id) => sample(id, { hotText: id === 3 ? 'b' : 'a' }));
  const statements: string[] = [];
  const reader = new ClickHouseEntityReader(
    {
      query: (text, parameters, signal, tenant) => {
        statements.push(text);
        return database.query(text, parameters, signal, tenant);
      },
      ...{ serverChanges: 0, catchUp },
    },
    ['s0'],
  );
  const question = facets({
    ...{ tenantId: 1, type: null, filter: MATCH_ALL, attributes: [CATALOG.hotText] },
    ...{ first: 10, maxGroups: 100 },
  });
  const asked = async () => {
    statements.length = 0;
    const [{ values } = { values: { groups: [] } }] = (await reader.ask(question, new AbortController().signal)).data;
    const groups = values.groups.map(({ group, count }) => [...group, Number(count)]);
    return { groups: groups.sort(), statements: statements.length };
  };
  await fillClickHouse(database, short);
  expect(await asked()).toEqual({
    groups: [
      ['a', 2],
      ['b', 1],
    ],
    statements: 3,
  });
  await fillClickHouse(database, [...short, ...[long, other].map((hotText, n) => sample(4 + n, { hotText }))]);
  const groups = [
    ['a', 2],
    ['b', 1],
    [long, 1],
    [other, 1],
  ];
  expect(await asked()).toEqual({ groups, statements: 5 });
  expect(await asked()).toEqual({ groups, statements: 3 });
});

describe('a statement that forgets its tenant', () => {
  const { signal } = new AbortController();
  const everything = `SELECT tenant_id, 'entity' AS source FROM entity AS e FINAL UNION ALL SELECT tenant_id, 'index' FROM entity_attribute FINAL
    UNION ALL SELECT tenant_id, 'audit' FROM audit UNION ALL
    SELECT tenant_id, 'nested' FROM atlas.entity WHERE entity_id IN (SELECT entity_id FROM entity_attribute AS a)`;
  type Rows = readonly { readonly tenant_id: number; readonly source: string }[];
  const question = (tenantId: number) =>
    ({
      ...count({ tenantId, type: null, filter: MATCH_ALL }),
      clickhouse: { select: () => ({ text: everything, parameters: {} }), parse: (rows: Rows) => rows },
    }) as unknown as Question<Rows, unknown>;

  beforeAll(async () => {
    await fillClickHouse(
      database,
      [1, 2].flatMap((tenantId) => [5, 6].map((id) => sample(id, { number: id }, { tenantId }))),
    );
    await recordInClickHouse(
      database,
      [1, 2].map((tenantId) => ({
        ...{ tenantId, shard: 's0', id: 90n + BigInt(tenantId), at: new Date(), subject: null },
        ...{ operation: 'CREATE_ENTITY' as const, entityId: '5', attributeId: null, oldVersion: null, newVersion: 1n },
      })),
    );
  });

  it.each([1, 2])('sees the rows of tenant %i, which asks, and of no other', async (tenantId) => {
    const { data } = await new ClickHouseEntityReader(database, ['s0']).ask(question(tenantId), signal);
    expect([...new Set(data.map(({ source }) => source))].sort()).toEqual(['audit', 'entity', 'index', 'nested']);
    expect([...new Set(data.map(({ tenant_id }) => tenant_id))]).toEqual([tenantId]);
  });

  it('leaves nothing on the connection for the statement after it', async () => {
    await new ClickHouseEntityReader(database, ['s0']).ask(question(1), signal);
    const rows = await database.query<{ tenant_id: number }>(
      'SELECT DISTINCT tenant_id FROM entity WHERE tenant_id > 0 ORDER BY 1',
    );
    expect(rows.map(({ tenant_id }) => tenant_id)).toEqual([1, 2]);
  });

  it('finds every table with rows of tenants behind the barrier', async () => {
    const tables = await database.query<{ table: string }>(
      "SELECT DISTINCT table FROM system.columns WHERE database = 'atlas' AND name = 'tenant_id' ORDER BY table",
    );
    expect(tables.map(({ table }) => table)).toEqual([...TENANT_TABLES].sort());
  });
});

describe('ClickHouse with versions that are not merged yet', () => {
  const reader = () => new ClickHouseEntityReader(database, ['s0']);
  const { signal } = new AbortController();
  const byId = (shard: string, ...ids: string[]) => entitiesById({ tenantId: 1, shard, ids });
  const all = { tenantId: 1, type: null };
  const number = CATALOG.number;
  const origin = (lsn: number) => ({ shard: 's0', copy_id: 1, lsn, row_version: lsn });
  const row = (entityId: number, lsn: number, value: number, given: object = {}) => ({
    ...{ tenant_id: 1, entity_id: entityId, ...origin(lsn), is_deleted: 0, type: 'user', version: lsn },
    ...{ created_at: 0, updated_at: 0, attributes: `{"${number.id}":${value}}`, attribute_updated_at: '{}' },
    ...given,
  });
  const valueRow = (entityId: number, lsn: number, value: number | null) => ({
    ...{ tenant_id: 1, attribute_id: number.id, entity_id: entityId, ...origin(lsn) },
    ...{ value_number: value, is_deleted: value === null ? 1 : 0 },
  });

  beforeAll(async () => {
    await fillClickHouse(database, []);
    await markCopy(database, 's1', 2n);
    await database.command('SYSTEM STOP MERGES');
    // The changes of each entity arrive in a different order, and some of them twice.
    const changes = [
      [row(1, 20, 2), row(2, 10, 1), row(3, 10, 1), row(4, 10, 1, { shard: 's1', copy_id: 2 })],
      [row(1, 10, 1), row(2, 30, 9, { is_deleted: 1 }), row(3, 20, 3)],
      [row(1, 20, 2), row(2, 10, 1)],
    ];
    const values = [
      [valueRow(1, 20, 2), valueRow(2, 10, 1), valueRow(3, 20, null)],
      [valueRow(1, 10, 1), valueRow(2, 30, null), valueRow(3, 10, 1)],
    ];
    for (const part of changes) await database.insert('entity', part);
    for (const part of values) await database.insert('entity_attribute', part);
  });
  afterAll(() => database.command('SYSTEM START MERGES'));

  it('returns the newest version of each entity, and none that is deleted or on another shard', async () => {
    const { data } = await reader().ask(byId('s0', '1', '2', '3', '4'), signal);
    expect(data.map(({ id, version }) => [id, version]).sort()).toEqual([
      ['1', 20n],
      ['3', 20n],
    ]);
    expect((await reader().ask(count({ ...all, filter: MATCH_ALL }), signal)).data).toBe(2n);
  });

  it('shows as much as the newest row, whatever the watermark says, deleted rows included', async () => {
    const { shown } = await new ClickHouseEntityReader(database, ['s0', 's1', 's2']).ask(byId('s0', '1'), signal);
    expect(shown).toEqual(
      new Map([
        ['s0', 31n],
        ['s1', 11n],
      ]),
    );
  });

  it('takes three statements, one after the other, on one connection', async () => {
    let statements = 0;
    let running = 0;
    const query = async <Row extends object>(text: string, parameters?: ClickHouseParameters) => {
      statements += 1;
      running += 1;
      expect(running).toBe(1);
      const rows = await database.query<Row>(text, parameters);
      running -= 1;
      return rows;
    };
    await new ClickHouseEntityReader({ query, catchUp, serverChanges: 0 }, ['s0', 's1']).ask(byId('s0', '1'), signal);
    expect(statements).toBe(3);
  });

  it('filters by the newest values only, and by none that was removed', async () => {
    const having = async (filter: EntityFilter) => {
      const page = { ...all, filter, order: [], from: null, direction: 'FORWARD' as const, limit: 10 };
      return (await reader().ask(entityPage(page), signal)).data.map(({ position }) => position.id);
    };
    const equals = (operand: number): EntityFilter => ({
      kind: 'attribute',
      attribute: number,
      predicate: { operator: 'eq', operand },
    });
    expect(await having(equals(1))).toEqual([]);
    expect(await having(equals(2))).toEqual(['1']);
    expect(await having({ kind: 'not', filter: { kind: 'exists', attribute: number } })).toEqual(['3']);
  });

  it('knows nothing of a shard whose watermark has not arrived, and that no heartbeat of another has', async () => {
    const { watermarks } = await new ClickHouseEntityReader(database, ['s1', 's2']).ask(byId('s1'), signal);
    expect([...watermarks]).toEqual([
      ['s1', { heartbeatAt: null, lsn: 200n }],
      ['s2', { heartbeatAt: null, lsn: null }],
    ]);
  });

  it('looks for unsettled rows only if there may be some, and reads again if there were', async () => {
    const origin = { tenant_id: 7, shard: 's4', copy_id: 4 };
    const write = (table: 'entity' | 'entity_attribute', lsn: number, value: number) =>
      database.insert(table, [{ ...(table === 'entity' ? row(20, lsn, value) : valueRow(20, lsn, value)), ...origin }]);
    const texts: string[] = [];
    const reader = new ClickHouseEntityReader(
      {
        query: (text, parameters, given, tenant) => {
          texts.push(text);
          return database.query(text, parameters, given, tenant);
        },
        serverChanges: 0,
        catchUp,
      },
      ['s4'],
    );
    const equals2: EntityFilter = {
      kind: 'attribute',
      attribute: number,
      predicate: { operator: 'eq', operand: 2 },
    };
    const asked = async () => {
      texts.length = 0;
      const { data } = await reader.ask(count({ tenantId: 7, type: null, filter: equals2 }), signal);
      return [data, texts.length, texts.filter((text) => text.includes('unsettled')).length];
    };
    await markCopy(database, 's4', 4n);
    await write('entity', 20, 5);
    await write('entity_attribute', 20, 5);
    await storeWatermark(database, 's4', { copyId: 4n, lsn: 100n });
    expect(await asked()).toEqual([0n, 3, 0]);
    await write('entity_attribute', 150, 2);
    expect(await asked()).toEqual([0n, 5, 1]);
    expect(await asked()).toEqual([0n, 3, 1]);
    await write('entity', 150, 2);
    await storeWatermark(database, 's4', { copyId: 4n, lsn: 200n });
    for (const _ of [1, 2, 3]) expect(await asked()).toEqual([1n, 3, 1]);
    expect(await asked()).toEqual([1n, 3, 0]);
  });

  it('claims no more than what was known before the data was read', async () => {
    const claim = (lsn: bigint) => storeWatermark(database, 's3', { copyId: 3n, lsn });
    await markCopy(database, 's3', 3n);
    await claim(10n);
    // Everything that the replicator can do between the two queries of a read.
    const racing: ClickHouseDatabase = {
      query: async <Row extends object>(text: string, parameters?: ClickHouseParameters) => {
        const rows = await database.query<Row>(text, parameters);
        await database.insert('entity', [row(9, 20, 1, { shard: 's3', copy_id: 3 })]);
        await claim(20n);
        return rows;
      },
      insert: (table, rows) => database.insert(table, rows),
      insertLines: (table, columns, chunks) => database.insertLines(table, columns, chunks),
      command: (text) => database.command(text),
      serverChanges: 0,
      catchUp,
      close: () => database.close(),
    };
    const { data, watermarks, shown } = await new ClickHouseEntityReader(racing, ['s3']).ask(byId('s3', '9'), signal);
    expect(watermarks.get('s3')?.lsn).toBe(10n);
    expect(shown.get('s3')).toBe(21n);
    expect(data.map(({ id }) => id)).toEqual(['9']);
  });
});

it('finds the first of many large entities that refer to one without the memory for all of them', async () => {
  const [{ id }, long] = [CATALOG.reference, 'x'.repeat(4_000)];
  await fillClickHouse(database, [sample(1, { reference: '4711' })], () => `{"${id}": "4711", "999": "${long}"}`);
  for (const table of ['entity', 'entity_attribute']) {
    await database.command(
      `INSERT INTO ${table} SELECT t.* REPLACE (n.number AS entity_id) FROM numbers(2, 49999) AS n CROSS JOIN ${table} AS t
       SETTINGS max_block_size = 2000, min_insert_block_size_rows = 2000`,
    );
    // With several parts, FINAL takes memory to merge them, more or less.
    await database.command(`OPTIMIZE TABLE ${table} FINAL`);
  }
  const copies = new Map([['s0', { copyId: COPY_ID, lsn: 100n, isSettled: true }]]);
  const targets = ['4711', '4712'];
  const { clickhouse: form } = referencingPages({ tenantId: 1, attribute: CATALOG.reference, targets, limit: 2 });
  const { text, parameters } = form.select(copies);
  const rows = await database.query<{ id: string }>(`${text}, max_memory_usage = 300000000`, parameters, undefined, 1);
  expect(rows.map((row) => row.id)).toEqual(['1', '2', '3']);
});
