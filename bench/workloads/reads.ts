import { deepStrictEqual } from 'node:assert/strict';
import pg from 'pg';
import { ENTITY_COLUMNS } from '../../src/datasources/postgres/reading/entity-row.ts';
import { PostgresEntityReader } from '../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { entityPage } from '../../src/datasources/questions/entity-page.ts';
import type { Question } from '../../src/datasources/questions/question.ts';
import { search } from '../../src/datasources/questions/search.ts';
import type { AttributeDefinition } from '../../src/domain/catalog/attribute.ts';
import type { EntityRecord } from '../../src/domain/entity.ts';
import { type EntityFilter, type EntityOrder, MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { searchWords } from '../../src/domain/search/search-words.ts';
import type { Workload } from '../suite/workload.ts';
import { openServePools } from '../support/atlas-pools.ts';
import { CITIES, ENTITY_TYPE, SCORES, TAIL_TEXTS, tailKey, WORDS } from '../support/generated-entities.ts';
import { latencyMetrics, latencyOf } from '../support/latency.ts';
import { GIANT, type Stage } from '../support/stage.ts';

const PAGE = 50;
const ALL = { tenantId: GIANT, type: ENTITY_TYPE, from: null } as const;
const { signal } = new AbortController();

interface PageRead {
  readonly name: string;
  readonly question: (n: number) => Question<readonly { readonly entity: EntityRecord }[], unknown>;
  /** The best that we can write by hand, for `PAGE + 1` entities. $1 is the tenant, $2 the type, $3 how many. */
  readonly text: string;
  /** From $4 on. */
  readonly values: (n: number) => readonly unknown[];
}

/** Pages of one shard's replica: the statement of Atlas beside the best hand-written SQL on the same tables, through `pg`, and in one connection. */
export async function reads(stage: Stage): Promise<readonly Workload[]> {
  const pools = openServePools(stage, 1);
  const reader = new PostgresEntityReader(stage.options.replica ? pools.replica : pools.primary);
  const client = new pg.Client({ connectionString: stage.shards[0]?.replicas[0] ?? '' });
  await client.connect();
  const mine = async (read: PageRead, n: number) =>
    (await reader.ask(read.question(n), signal)).data.map(({ entity }) => entity.id);
  const theirs = async (read: PageRead, n: number) => {
    const values = [GIANT, ENTITY_TYPE, PAGE + 1, ...read.values(n)];
    const { rows } = await client.query<{ entity_id: string }>({ name: read.name, text: read.text, values });
    return rows.map((row) => row.entity_id);
  };
  const seconds = stage.options.seconds / 2;
  const pages = pageReads(stage, await stage.attributes());
  return pages.map((read, index) => ({
    name: `reads: ${read.name}`,
    metrics: latencyMetrics(1.3),
    check: async () => {
      for (const n of [0, 1, 2]) deepStrictEqual(await mine(read, n), await theirs(read, n));
    },
    atlas: latencyOf(seconds, (n) => mine(read, n)),
    baseline: latencyOf(seconds, (n) => theirs(read, n)),
    ...(index === pages.length - 1 && {
      stop: async () => {
        await client.end();
        await pools.close();
      },
    }),
  }));
}

function pageReads({ giantSize }: Stage, attribute: (key: string) => AttributeDefinition): readonly PageRead[] {
  const page = (filter: EntityFilter, order: readonly EntityOrder[] = []) =>
    entityPage({ ...ALL, filter, order, direction: 'FORWARD', limit: PAGE });
  const is = (key: string, operator: 'eq' | 'gte', operand: string | number): EntityFilter => ({
    ...{ kind: 'attribute', attribute: attribute(key), predicate: { operator, operand } },
  });
  const contains = (key: string, operand: string): EntityFilter => ({
    ...{ kind: 'attribute', attribute: attribute(key), predicate: { operator: 'contains', operand } },
  });
  const down = (key: string): readonly EntityOrder[] => [
    { kind: 'attribute', attribute: attribute(key), direction: 'DESC' },
  ];
  const columns = ENTITY_COLUMNS.map((column) => `e.${column}`).join(', ');
  const hot = (key: string) => `e.${attribute(key).hotColumn}`;
  const city = (n: number) => `City ${n % CITIES}`;
  const leastScore = SCORES / 2;
  const entities = `SELECT ${columns} FROM atlas.entity e WHERE e.tenant_id = $1 AND e.type = $2`;
  const beside = `SELECT ${columns} FROM atlas.entity_attribute a JOIN atlas.entity e ON e.tenant_id = $1 AND e.entity_id = a.entity_id AND e.type = $2
    WHERE a.tenant_id = $1 AND a.attribute_id = $4`;
  const ofTail = (n: number) => `value ${n % TAIL_TEXTS}`;
  const word = (n: number) => WORDS[n % WORDS.length] ?? '';
  /** Of the last words of titles, which are the ids: 37 of all entities have one that begins so. */
  const beginning = (n: number) => Math.floor((giantSize - 1 - ((n * 7_919) % (giantSize / 2))) / 36).toString(36);
  const part = (n: number) => `${word(n)} ${word(n * 7 + 3)}`;
  return [
    {
      name: 'page filtered by three attributes',
      question: (n) =>
        page({
          kind: 'and',
          filters: [is('city', 'eq', city(n)), is('status', 'eq', 'active'), is('score', 'gte', leastScore)],
        }),
      text: `${entities} AND ${hot('city')} = $4 AND ${hot('status')} = $5 AND ${hot('score')} >= $6 ORDER BY e.entity_id LIMIT $3`,
      values: (n) => [city(n), 'active', leastScore],
    },
    {
      name: 'page by a hot number, descending',
      question: () => page(MATCH_ALL, down('score')),
      text: `${entities} AND ${hot('score')} IS NOT NULL ORDER BY ${hot('score')} DESC, e.entity_id LIMIT $3`,
      values: () => [],
    },
    {
      name: 'page by another number, descending',
      question: () => page(MATCH_ALL, down('amount')),
      text: `${beside} AND a.value_number IS NOT NULL ORDER BY a.value_number DESC, a.entity_id LIMIT $3`,
      values: () => [attribute('amount').id],
    },
    {
      name: 'page by a value of the tail',
      question: (n) => page(is(tailKey(0), 'eq', ofTail(n))),
      text: `${beside} AND a.value_text = $5 ORDER BY a.entity_id LIMIT $3`,
      values: (n) => [attribute(tailKey(0)).id, ofTail(n)],
    },
    {
      name: 'page of texts that contain a part',
      question: (n) => page(contains('title', part(n))),
      text: `${beside} AND a.value_text LIKE '%' || $5 || '%' ORDER BY a.entity_id LIMIT $3`,
      values: (n) => [attribute('title').id, part(n)],
    },
    {
      name: 'full-text search for a word and a beginning of one',
      question: (n) =>
        search({
          ...{ ...ALL, filter: MATCH_ALL, limit: PAGE, attributes: [attribute('title')] },
          words: searchWords(`${word(n)} ${beginning(n)}*`, 2),
        }),
      text: `${beside} AND a.value_text ~* ('(^|[^a-z0-9])' || $5 || '([^a-z0-9]|$)') AND a.value_text ~* ('(^|[^a-z0-9])' || $6)
        ORDER BY char_length($5 || $6) * 1000000 / char_length(a.value_text) DESC, a.entity_id LIMIT $3`,
      values: (n) => [attribute('title').id, word(n), beginning(n)],
    },
  ];
}
