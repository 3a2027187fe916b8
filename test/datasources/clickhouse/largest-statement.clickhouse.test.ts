import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectClickHouse } from '../../../src/connections/clickhouse/clickhouse-client.ts';
import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { count } from '../../../src/datasources/questions/count.ts';
import { facets } from '../../../src/datasources/questions/facets.ts';
import type { Question } from '../../../src/datasources/questions/question.ts';
import { search } from '../../../src/datasources/questions/search.ts';
import { HOT_COLUMNS } from '../../../src/domain/catalog/attribute.ts';
import { type EntityFilter, MATCH_ALL, type Predicate } from '../../../src/domain/filter/filter.ts';
import { searchWords } from '../../../src/domain/search/search-words.ts';
import { migrateClickHouse } from '../../../src/migration/migrate-clickhouse.ts';
import { TEST_CLUSTER } from '../../support/clickhouse.ts';
import { startClickHouseServer } from '../../support/clickhouse-http.ts';
import { CATALOG } from '../support/sample-catalog.ts';

/** The default of ATLAS_MAX_FILTER_NODES, with one for the combinator. */
const PREDICATES = 99;
const SHARDS = 16;
/** The default of ATLAS_MAX_FACETS. */
const FACETS = 20;

const textOf = (index: number) => ({
  ...CATALOG.text,
  id: 1_000_000 + index,
  hotColumn: HOT_COLUMNS.TEXT[index] ?? null,
});

function filtered(predicate: Predicate): Question<unknown, unknown> {
  const filters: EntityFilter[] = Array.from({ length: PREDICATES }, (_, index) => ({
    kind: 'attribute',
    attribute: { ...textOf(index), hotColumn: null },
    predicate,
  }));
  return count({ tenantId: 1, type: null, filter: { kind: 'or', filters } });
}

/** With the defaults of ATLAS_MAX_SEARCH_WORDS and ATLAS_MAX_SEARCH_KEYS. */
function searched(): Question<unknown, unknown> {
  const attributes = Array.from({ length: 100 }, (_, index) => textOf(index));
  const words = searchWords(Array.from({ length: 10 }, (_, index) => `${index}${'k'.repeat(23)}`).join(' '), 10);
  return search({ tenantId: 1, type: null, filter: MATCH_ALL, attributes, words, from: null, limit: 1_000 });
}

let server: Awaited<ReturnType<typeof startClickHouseServer>>;
let database: ClickHouseDatabase;

beforeAll(async () => {
  const [CLICKHOUSE_USER, CLICKHOUSE_PASSWORD, CLICKHOUSE_DB] = ['atlas', 'secret', 'atlas'];
  server = await startClickHouseServer({ CLICKHOUSE_USER, CLICKHOUSE_PASSWORD, CLICKHOUSE_DB });
  const url = `http://${CLICKHOUSE_USER}:${CLICKHOUSE_PASSWORD}@127.0.0.1:${server.port}/${CLICKHOUSE_DB}`;
  const limits = { connections: 1, timeoutMs: 10_000, memoryBytes: 1_000_000_000 };
  database = connectClickHouse(url, { ...limits, applicationName: 'test' });
  await migrateClickHouse(database, TEST_CLUSTER, (work) => work());
});
afterAll(async () => {
  await database?.close();
  await server?.stop();
});

const copies = new Map(
  Array.from({ length: SHARDS }, (_, index) => [`s${index}`, { copyId: BigInt(index + 1), lsn: 10n ** 15n }]),
);

it.each<Predicate>([
  // A long operand is compared twice: with the indexed beginning and with the whole value.
  { operator: 'gt', operand: 'é'.repeat(300) },
  // Each letter becomes a list of three.
  { operator: 'containsIgnoreCase', operand: 'k'.repeat(256) },
])(
  'keeps the largest filter within what a ClickHouse server parses by default, over many shards: %#',
  async (predicate) => {
    const { text, parameters } = filtered(predicate).clickhouse.select(copies);
    expect(await database.query(`EXPLAIN AST ${text}`, parameters)).not.toEqual([]);
  },
);

it('keeps the largest search within what a ClickHouse server accepts by default, over many shards', async () => {
  const { text, parameters } = searched().clickhouse.select(copies);
  expect(await database.query(text, parameters)).toEqual([]);
});

it('keeps as many facets as there may be, each with filters, within what a ClickHouse server parses by default', async () => {
  const attributes = Array.from({ length: FACETS }, (_, index) => ({ ...textOf(index), hotColumn: null }));
  const filters = Array.from({ length: PREDICATES }, (_, index): EntityFilter => {
    const attribute = attributes[index % FACETS] ?? CATALOG.text;
    const predicate = { operator: 'eq', operand: `value ${index}` } as const;
    return { kind: 'not', filter: { kind: 'attribute', attribute, predicate } };
  });
  const question = facets({
    ...{ tenantId: 1, type: null, filter: { kind: 'and', filters } },
    ...{ attributes, first: 10, maxGroups: 10_000 },
  });
  const { text, parameters } = question.clickhouse.select(copies);
  expect(await database.query(`EXPLAIN AST ${text}`, parameters)).not.toEqual([]);
});
