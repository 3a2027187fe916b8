import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { ClickHouseEntityReader } from '../../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { count } from '../../../src/datasources/questions/count.ts';
import { distribution } from '../../../src/datasources/questions/distribution.ts';
import { entityPage } from '../../../src/datasources/questions/entity-page.ts';
import { facets } from '../../../src/datasources/questions/facets.ts';
import type { Question } from '../../../src/datasources/questions/question.ts';
import { range } from '../../../src/datasources/questions/range.ts';
import type { EntityFilter, Operand } from '../../../src/domain/filter/filter.ts';
import type { JsonValue } from '../../../src/lib/canonical-json.ts';
import { changeVersion, type EntityChange, type EntityTuple } from '../../../src/replication/change.ts';
import { ClickHouseSink } from '../../../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { KEEP_COPIES, startClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { EntityModel } from '../support/entity-model.ts';
import { jsonbText } from '../support/jsonb-text.ts';
import { CATALOG, type SampleKey } from '../support/sample-catalog.ts';
import { type SampleEntity, sample } from '../support/sample-entity.ts';

const LONG = 'é'.repeat(256);
const { signal } = new AbortController();

/** Every entity changes between the states: values of every type and place, attributes that come and go, whole entities too. */
function state(even: boolean): SampleEntity[] {
  return Array.from({ length: 300 }, (_, n) => {
    const high = (n % 2 === 0) === even;
    const value = n % 10;
    const attributes = high
      ? {
          number: 9007199254740990 + n / 10,
          text: `${LONG}${value % 3}`,
          boolean: true,
          timestamp: '2025-01-01T00:00:00.001Z',
          json: { a: value % 3, b: [1.5, { '202': 5 }] },
          hotNumber: 1,
        }
      : { number: (value - 5) / 7, text: `a${value % 3}`, hotNumber: 2, hotText: 'cold', note: '", "202": 7' };
    return { entity: sample(n + 1, attributes), exists: high || n % 5 !== 0 };
  }).flatMap(({ entity, exists }) => (exists ? [entity] : []));
}

const STATES = [state(true), state(false)] as const;

const is = (key: SampleKey, operator: 'eq' | 'gte' | 'lt', operand: Operand): EntityFilter => ({
  kind: 'attribute',
  attribute: CATALOG[key],
  predicate: { operator, operand },
});
const FILTERS: readonly EntityFilter[] = [
  is('number', 'gte', 6),
  is('number', 'eq', 1 / 7),
  is('text', 'eq', `${LONG}1`),
  is('text', 'lt', 'b'),
  is('boolean', 'eq', true),
  is('timestamp', 'eq', Date.parse('2025-01-01T00:00:00.001Z')),
  is('json', 'eq', '{"a":1,"b":[1.5,{"202":5}]}'),
  { kind: 'exists', attribute: CATALOG.json },
  { kind: 'not', filter: { kind: 'exists', attribute: CATALOG.boolean } },
  { kind: 'and', filters: [is('number', 'gte', 6), is('hotNumber', 'eq', 1)] },
  { kind: 'or', filters: [is('boolean', 'eq', true), is('hotText', 'eq', 'cold')] },
];

/** A question with its answer by each state, as text. */
interface Checked {
  readonly label: string;
  ask(reader: ClickHouseEntityReader, knownForMs?: number): Promise<string>;
  readonly allowed: readonly string[];
}

const text = (value: unknown) =>
  JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member));

function checked<Part, Answer>(
  models: readonly EntityModel[],
  question: Question<Part, Answer>,
  shown: (answer: Answer) => unknown,
  expected: (model: EntityModel) => unknown,
): Checked {
  return {
    label: question.name,
    ask: async (reader, knownForMs) =>
      text(shown(question.merge([(await reader.ask(question, signal, knownForMs)).data]))),
    allowed: models.map((model) => text(expected(model))),
  };
}

/** The questions with their answers in each of these states. */
function questionsAbout(states: readonly (readonly SampleEntity[])[]): readonly Checked[] {
  const models = states.map((entities) => new EntityModel(entities));
  return FILTERS.flatMap((filter, index) => {
    const selection = { tenantId: 1, type: null, filter };
    const attributes = [CATALOG.number, CATALOG.text, CATALOG.hotText, CATALOG.timestamp, CATALOG.boolean] as const;
    const attribute = attributes[index % attributes.length] ?? CATALOG.number;
    const order = [{ kind: 'attribute', attribute, direction: 'ASC' } as const];
    const page = { ...selection, order, from: null, direction: 'FORWARD', limit: 40 } as const;
    const measured = { ...selection, attribute: CATALOG.number };
    const cells = {
      ...measured,
      groupBy: [index % 2 === 0 ? CATALOG.text : CATALOG.json],
      min: -1,
      max: 6,
      buckets: 7,
      maxCells: 100,
    };
    const sidebar = [CATALOG.text, CATALOG.json, CATALOG.number, CATALOG.hotText];
    // Conditions are about several attributes, or about none of these: nothing is a facet's own.
    const faceted = {
      ...selection,
      filter: { kind: 'or', filters: [filter, { kind: 'ids', ids: [] }] } as const,
      attributes: sidebar,
      first: 50,
      maxGroups: 100,
    };
    return [
      checked(
        models,
        entityPage(page),
        ({ rows, hasMore }) => ({
          nodes: rows.map(({ entity, position }) => [position, entity.attributes]),
          hasMore,
        }),
        (model) => {
          const { positions, hasMore } = model.page(page);
          const records = new Map(model.select(selection).map((record) => [record.id, record]));
          const nodes = positions.map((position) => [position, records.get(position.id)?.attributes]);
          return { nodes, hasMore };
        },
      ),
      checked(
        models,
        count(selection),
        (entities) => entities,
        (model) => model.select(selection).length.toString(),
      ),
      checked(
        models,
        range(measured),
        (found) => found,
        (model) => model.range(measured),
      ),
      ...(index % 4 === 0
        ? [
            checked(
              models,
              facets(faceted),
              (found) => found,
              (model) => model.facets(faceted, []),
            ),
          ]
        : []),
      checked(
        models,
        distribution(cells),
        (found) => found,
        (model) => model.distribution(cells),
      ),
    ];
  });
}

const CHECKED = questionsAbout(STATES);
/** Each of the questions about some of the filters, where all of them are asked several times. */
const SOME = CHECKED.filter((_, index) => index % 3 === 0);

describe('an answer of ClickHouse while batches arrive', { timeout: 180_000 }, () => {
  let engine: TestClickHouse;
  let database: ClickHouseDatabase;
  let copyId: bigint;
  /** The position of the last watermark. */
  let reached = 0n;
  let lsn = 1_000n;
  let current: 0 | 1 = 0;

  beforeAll(async () => {
    engine = await startClickHouse();
    database = await engine.connect(4);
    copyId = await sink(database).beginCopy({ endsEarlier: true });
    reached = 0n;
    await write(database, null);
  });
  afterAll(() => engine?.stop());

  /**
   * Writes the changes from one state to the next, `null` being before the first, as one transaction whose commit begins where
   * the watermark ends. @param parts how many batches it takes.
   */
  async function write(clickhouse: ClickHouseDatabase, from: 0 | 1 | null, parts = 1): Promise<void> {
    const target = from === null ? 0 : from === 0 ? 1 : 0;
    const changes = changesBetween(from === null ? [] : STATES[from], STATES[target], reached);
    for (const part of inParts(changes, parts)) {
      const batch = sink(clickhouse).batch(copyId, 'copy');
      for (const change of part) batch.add(change);
      await batch.write();
    }
    await sink(clickhouse).advance(reached, { copyId, lsn: ++lsn, heartbeatAt: Number(lsn) }, 0);
    reached = lsn;
    current = target;
  }

  /**
   * Some of the questions are asked by a reader that takes for granted that nothing is being written, and half of the others begin with the watermarks that
   * the one before has ended with.
   * @param states whose answers are right. @returns the questions with another answer.
   */
  async function wrong(
    reader: ClickHouseEntityReader,
    states: readonly number[],
    questions = CHECKED,
  ): Promise<string[]> {
    const found: string[] = [];
    for (const [index, { label, ask, allowed }] of questions.entries()) {
      const knownForMs = index % 2 === 0 ? Number.POSITIVE_INFINITY : 0;
      const answer = await ask(index % 4 === 1 ? new ClickHouseEntityReader(database, ['s0']) : reader, knownForMs);
      if (!states.some((one) => allowed[one] === answer)) found.push(`${label} of filter ${Math.floor(index / 4)}`);
    }
    return found;
  }

  it('is the state of the entity rows, whichever part of a batch has arrived', async () => {
    const reader = new ClickHouseEntityReader(database, ['s0']);
    const [before, after] = [current, 1 - current];
    const inserted: string[] = [];
    const stepwise: ClickHouseDatabase = {
      ...delegating(database),
      insertLines: async (table, columns, chunks) => {
        await database.insertLines(table, columns, chunks);
        inserted.push(table);
        if (table === 'audit') return;
        const states = inserted.includes('entity') ? [after] : [before];
        expect(await wrong(reader, states, SOME), `after ${inserted.join(' and ')}`).toEqual([]);
      },
    };
    await write(stepwise, before);
    expect(inserted.sort()).toEqual(['entity', 'entity_attribute']);
  });

  it('is the state of the entity rows while a transaction of several batches is half there', async () => {
    const before = current;
    const changes = changesBetween(STATES[before], STATES[1 - before] ?? [], reached);
    const [half] = inParts(changes, 2);
    const changed = new Set(half?.map(({ row }) => row.entity_id));
    const arrived =
      (isNew: boolean) =>
      ({ record }: SampleEntity) =>
        changed.has(record.id) === isNew;
    const mixed = [...STATES[before].filter(arrived(false)), ...(STATES[1 - before]?.filter(arrived(true)) ?? [])];
    const questions = questionsAbout([STATES[before], mixed]);
    const reader = new ClickHouseEntityReader(database, ['s0']);
    let entityInserts = 0;
    const stepwise: ClickHouseDatabase = {
      ...delegating(database),
      insertLines: async (table, columns, chunks) => {
        await database.insertLines(table, columns, chunks);
        if (table === 'entity' && ++entityInserts === 1) expect(await wrong(reader, [1], questions)).toEqual([]);
      },
    };
    await write(stepwise, before, 2);
    expect(entityInserts).toBe(2);
  });

  it('is one state if whole batches arrive between the snapshots of the two tables', async () => {
    // The engine waits this long before each snapshot, and batches arrive all the time.
    const slow: ClickHouseDatabase = {
      ...delegating(database),
      query: (statement, parameters, given) =>
        database.query(
          statement.includes('FROM entity AS') ? `${statement}, merge_tree_storage_snapshot_sleep_ms = 100` : statement,
          parameters,
          given,
        ),
    };
    for (const { label, ask, allowed } of CHECKED.slice(0, 4)) {
      let asking = true;
      const asked = ask(new ClickHouseEntityReader(slow, ['s0'])).finally(() => {
        asking = false;
      });
      while (asking) await write(database, current);
      expect(allowed, label).toContain(await asked);
    }
  });

  it('is one state under load', async () => {
    const reader = new ClickHouseEntityReader(database, ['s0']);
    let reading = true;
    let batches = 0;
    const writing = (async () => {
      for (; reading; batches++) await write(database, current);
    })();
    try {
      expect(await wrong(reader, [0, 1])).toEqual([]);
    } finally {
      reading = false;
      await writing;
    }
    expect(batches).toBeGreaterThan(3);
  });

  it('is that of the last state once nothing is written any more', async () => {
    expect(await wrong(new ClickHouseEntityReader(database, ['s0']), [current], SOME)).toEqual([]);
  });
});

function sink(clickhouse: ClickHouseDatabase): ClickHouseSink {
  const definitions = new Map(Object.values(CATALOG).map((definition) => [definition.id, definition]));
  const attributes = {
    byId: (id: number) => definitions.get(id),
    refresh: async () => {},
    atLeast: async () => {},
    moving: () => [],
  };
  return new ClickHouseSink({ clickhouse, shard: 's0', attributes, ...KEEP_COPIES });
}

/** What turns one state into another, as changes of one transaction. */
function changesBetween(
  from: readonly SampleEntity[],
  to: readonly SampleEntity[],
  lsn: bigint,
): readonly EntityChange[] {
  const changes: EntityChange[] = [];
  const previous = new Map(from.map((entity) => [entity.record.id, tuple(entity)]));
  const committed = () => ({ lsn, version: changeVersion(lsn, changes.length) });
  for (const row of to.map(tuple)) {
    changes.push({ kind: 'upsert', ...committed(), row, previous: previous.get(row.entity_id) ?? null });
    previous.delete(row.entity_id);
  }
  for (const row of previous.values()) changes.push({ kind: 'delete', ...committed(), row });
  return changes;
}

function inParts<T>(items: readonly T[], parts: number): readonly (readonly T[])[] {
  const size = Math.ceil(items.length / parts);
  return Array.from({ length: parts }, (_, part) => items.slice(part * size, (part + 1) * size));
}

function delegating(database: ClickHouseDatabase): ClickHouseDatabase {
  return {
    query: (statement, parameters, given) => database.query(statement, parameters, given),
    insert: (table, rows) => database.insert(table, rows),
    insertLines: (table, columns, chunks) => database.insertLines(table, columns, chunks),
    command: (statement, parameters) => database.command(statement, parameters),
    serverChanges: 0,
    catchUp: (tables, given) => database.catchUp(tables, given),
    close: () => database.close(),
  };
}

function tuple({ tenantId, record }: SampleEntity): EntityTuple {
  const value = (key: SampleKey) => record.attributes[CATALOG[key].id] ?? null;
  const textOf = (key: SampleKey) => (value(key) === null ? null : String(value(key)));
  return {
    ...{ tenant_id: String(tenantId), entity_id: record.id, type: record.type, version: '1' },
    ...{ attributes: jsonbText(record.attributes as JsonValue), attribute_updated_at: '{}' },
    ...{ created_at: record.createdAt.toISOString(), updated_at: record.updatedAt.toISOString() },
    ...{ text_1: textOf('hotText'), text_2: null, text_3: null, text_4: null, boolean_1: null, boolean_2: null },
    ...{ number_1: textOf('hotNumber'), number_2: null, number_3: null, number_4: null },
    ...{ timestamp_1: null, timestamp_2: null },
  };
}
