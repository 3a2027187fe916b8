import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresDatabase, Statement } from '../../../../src/connections/postgres/postgres-database.ts';
import type { PostgresPool } from '../../../../src/connections/postgres/postgres-pool.ts';
import { PostgresEntityReader } from '../../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { count } from '../../../../src/datasources/questions/count.ts';
import { distribution } from '../../../../src/datasources/questions/distribution.ts';
import { entitiesById } from '../../../../src/datasources/questions/entities-by-id.ts';
import { entityPage } from '../../../../src/datasources/questions/entity-page.ts';
import { entityTypes } from '../../../../src/datasources/questions/entity-types.ts';
import { groupCounts } from '../../../../src/datasources/questions/group-counts.ts';
import type { Question } from '../../../../src/datasources/questions/question.ts';
import { referencingPages } from '../../../../src/datasources/questions/referencing-pages.ts';
import type { AttributeDefinition } from '../../../../src/domain/catalog/attribute.ts';
import type {
  ComparisonOperator,
  Direction,
  EntityFilter,
  EntityOrder,
  EntitySelection,
  Operand,
} from '../../../../src/domain/filter/filter.ts';
import type { EntityPageQuery } from '../../../../src/domain/filter/page-position.ts';
import { attribute } from '../../../support/domain.ts';
import { startPostgresCluster, type TestCluster } from '../../../support/postgres-cluster.ts';
import { primaryPool } from '../../../support/postgres-pools.ts';
import { postgresQuery } from '../../../support/postgres-query.ts';

const ENTITIES_BY_DEFAULT = 100_000;
/** `npm run plans` takes a million unless told otherwise. */
const USERS = Number(process.env.ATLAS_TEST_ENTITIES ?? ENTITIES_BY_DEFAULT);
/** How many more match what a share of all matches. */
const SCALE = USERS / ENTITIES_BY_DEFAULT;
const FILL_TIMEOUT_MS = 60_000 * SCALE;

const status = attribute({ id: 1, key: 'status', type: 'TEXT', hotColumn: 'text_1' });
const country = attribute({ id: 2, key: 'country', type: 'TEXT', hotColumn: 'text_2' });
const score = attribute({ id: 3, key: 'score', type: 'NUMBER', hotColumn: 'number_1' });
const city = attribute({ id: 4, key: 'city', type: 'TEXT' });
const visits = attribute({ id: 5, key: 'visits', type: 'NUMBER' });
const member = attribute({ id: 6, key: 'member', type: 'BOOLEAN' });
const nickname = attribute({ id: 7, key: 'nickname', type: 'TEXT' });
const tags = attribute({ id: 8, key: 'tags', type: 'TEXT_LIST' });
const constant = attribute({ id: 9, key: 'constant', type: 'TEXT' });

/** Of all, as of an import in one transaction. */
const CREATED = '2026-01-01T00:00:00Z';

/** `active` is 60 %, each of 20 countries 5 %, each of 1,000 cities 0.1 %, a nickname 1 in 100; scores and visits 0 … 99; each tag t0 … t2 a third, s0 … s49 2 %, u0 … u999 0.1 %. */
const FILL = `
  INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes, text_1, text_2, number_1)
  SELECT tenant, i, CASE WHEN i % 10 = 0 THEN 'group' ELSE 'user' END, 1, '${CREATED}', '${CREATED}',
         jsonb_build_object('4', 'c' || i % 1000, '5', i * 7919 % 100, '6', i % 3 = 0)
           || CASE WHEN i % 100 = 0 THEN '{"7":"x"}' ELSE '{}' END::jsonb,
         CASE WHEN i % 5 < 3 THEN 'active' ELSE 'inactive' END, 'C' || i * 31 % 20, i * 7907 % 100
  FROM generate_series(1::bigint, ${USERS}) i, (VALUES (1), (2)) t (tenant) WHERE tenant = 1 OR i <= 1000;
  INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_text, value_number, value_boolean)
  SELECT tenant_id, entity_id, key::integer, CASE WHEN key IN ('4', '7') THEN value #>> '{}' END,
         CASE WHEN key = '5' THEN (value #>> '{}')::float8 END, CASE WHEN key = '6' THEN (value #>> '{}')::boolean END
  FROM atlas.entity, jsonb_each(attributes);
  INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_number) SELECT tenant_id, entity_id, 8, 2 FROM atlas.entity;
  INSERT INTO atlas.entity_element (tenant_id, entity_id, attribute_id, position, value_text, is_first)
  SELECT tenant_id, entity_id, 8, 1, 't' || entity_id * 7 % 3, true FROM atlas.entity
  UNION ALL SELECT tenant_id, entity_id, 8, 3, 's' || entity_id * 13 % 50, true FROM atlas.entity
  UNION ALL SELECT tenant_id, entity_id, 8, 2, 'u' || entity_id * 31 % 1000, true FROM atlas.entity;
  INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_text) SELECT tenant_id, entity_id, 9, 'x' FROM atlas.entity;
  INSERT INTO atlas.shard (shard_id, placement, cluster_id, heartbeat_at, heartbeat_lsn) VALUES ('s0', 'by hash over s0', gen_random_uuid(), now(), '0/64');
  ANALYZE; `;

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

interface Explained {
  readonly Plan: PlanNode;
  readonly 'Execution Time': number;
}

interface Plan {
  /** How long it ran, in milliseconds. */
  readonly ms: number;
  /** Tables that were scanned completely. */
  readonly sequential: readonly string[];
  /** Rows fetched from tables and indexes, including those that a filter then discarded. */
  readonly rowsRead: number;
  readonly text: string;
}

describe('plans of the Postgres reader', { timeout: 20_000 * SCALE }, () => {
  let cluster: TestCluster;
  let pool: PostgresPool;

  beforeAll(async () => {
    cluster = await startPostgresCluster({ settings: { shared_buffers: '256MB', max_wal_size: '4GB' } });
    pool = primaryPool(cluster.endpoints, { actAs: 'atlas_serve', size: 1, statementTimeoutMs: 60_000 });
    for (const text of FILL.split(';')) await postgresQuery(cluster.endpoints.primary, text);
    await postgresQuery(cluster.endpoints.primary, 'VACUUM atlas.entity, atlas.entity_attribute, atlas.entity_element');
  }, FILL_TIMEOUT_MS);
  const report: string[] = [];

  afterAll(async () => {
    if (SCALE > 1) process.stdout.write(`${report.join('\n')}\n`);
    await pool?.close();
    await cluster?.stop();
  });

  const users = (...filters: EntityFilter[]): EntitySelection => ({
    tenantId: 1,
    type: 'user',
    filter: { kind: 'and', filters },
  });
  const is = (of: AttributeDefinition, operator: ComparisonOperator, operand: Operand): EntityFilter => ({
    kind: 'attribute',
    attribute: of,
    predicate: { operator, operand },
  });
  const by = (of: AttributeDefinition, direction: Direction): EntityOrder => ({
    kind: 'attribute',
    attribute: of,
    direction,
  });
  const page = (selection: EntitySelection, given: Partial<EntityPageQuery> = {}): EntityPageQuery => ({
    ...selection,
    order: [],
    from: null,
    direction: 'FORWARD',
    limit: 49, // and one more, which shows whether anything follows
    ...given,
  });
  const has = (...operands: string[]): EntityFilter => ({ kind: 'elements', attribute: tags, operands });
  const active = is(status, 'eq', 'active');
  const inCountry = is(country, 'eq', 'C1');
  const scored = is(score, 'gt', 80);
  const at = (value: number) => ({ values: [value], id: '5000' });
  const atId = { values: [], id: '50000' };
  const among = (value: number) => ({ values: [value], id: String(0.9 * USERS) });
  const created = (direction: Direction): EntityOrder => ({ kind: 'field', field: 'createdAt', direction });
  const amongCreated = { values: [Date.parse(CREATED)], id: String(0.9 * USERS) };
  const backward = { direction: 'BACKWARD' } as const;

  type Asked = Question<unknown, unknown>;
  const pageOf = (filters: EntityFilter[], given: Partial<EntityPageQuery> = {}): Asked =>
    entityPage(page(users(...filters), given));
  const pageOfAllTypes = (filters: EntityFilter[], given: Partial<EntityPageQuery>): Asked =>
    entityPage(page({ ...users(...filters), type: null }, given));
  const countOf = (...filters: EntityFilter[]): Asked => count(users(...filters));

  const hot = (isRare: boolean) => is(country, 'eq', isRare ? 'none' : 'C1');
  const inOrder = (filter: EntityFilter, ...order: EntityOrder[]): Asked => pageOf([filter], { order });

  const referring = (of: AttributeDefinition, targets: string[], tenantId = 1): Asked =>
    referencingPages({ tenantId, attribute: { ...of, type: 'REFERENCE' }, targets, limit: 49 });

  const countReferring = (of: AttributeDefinition, operands: string[]): Asked =>
    groupCounts({
      ...{ tenantId: 1, type: null, groupBy: [{ ...of, type: 'REFERENCE' }], first: 20, maxGroups: 20 },
      filter: { kind: 'attribute', attribute: { ...of, type: 'REFERENCE' }, predicate: { operator: 'in', operands } },
    });

  const fifty = Array.from({ length: 50 }, (_, n) => String(n * 997 + 1));
  const cases: [name: string, mostRows: number, question: Asked][] = [
    ['three entities by id', 10, entitiesById({ tenantId: 1, shard: 's0', ids: ['1', '2', '3'] })],
    ['fifty entities by id, as several ask for them', 100, entitiesById({ tenantId: 1, shard: 's0', ids: fifty })],
    ['a count by three hot attributes', 1_100 * SCALE, countOf(active, inCountry, scored)],
    ['a page by three hot attributes', 500, pageOf([active, inCountry, scored])],
    ['the same by a hot number', 1_500, pageOf([active, inCountry, scored], { order: [by(score, 'DESC')] })],
    ['a later page by a hot number', 3_000, pageOf([active], { order: [by(score, 'DESC')], from: at(50) })],
    ['a page of a rare value', 200, pageOf([is(city, 'eq', 'c7')])],
    ['a count of a rare value', 300 * SCALE, countOf(is(city, 'eq', 'c7'))],
    ['a page of a rare value and a range', 500, pageOf([is(city, 'eq', 'c7'), is(visits, 'gt', 10)])],
    ['a page of two wide ranges', 2_500, pageOf([is(visits, 'gt', 50), is(member, 'ne', false), active])],
    ['a later page of wide ranges', 2_500, pageOf([is(visits, 'gt', 50), is(member, 'eq', true)], { from: atId })],
    ['a page by id', 200, pageOf([])],
    ['a later page by id', 200, pageOf([], { from: atId })],
    ['a page by creation', 200, pageOf([], { order: [created('DESC')] })],
    ['a page by a hot number', 200, pageOf([], { order: [by(score, 'DESC')] })],
    ['a page by a hot number, ascending', 200, pageOf([], { order: [by(score, 'ASC')] })],
    ['a later page by a hot number alone', 300, pageOf([], { order: [by(score, 'DESC')], from: at(50) })],
    ['a page of all types by a number', 2_500, pageOfAllTypes([], { order: [by(visits, 'DESC')] })],
    ['a page of all types by a hot number', 700, pageOfAllTypes([], { order: [by(score, 'DESC')] })],
    ['a page of all types by a hot number, ascending', 300, pageOfAllTypes([], { order: [by(score, 'ASC')] })],
    [
      'a later page of all types by a hot number',
      700,
      pageOfAllTypes([], { order: [by(score, 'DESC')], from: at(50) }),
    ],
    [
      'a later page of all types by a hot number, ascending',
      300,
      pageOfAllTypes([], { order: [by(score, 'ASC')], from: at(50) }),
    ],
    [
      'a page of all types with a hot value, by a hot number',
      1_500,
      pageOfAllTypes([active], { order: [by(score, 'DESC')] }),
    ],
    [
      'a page of all types in a range, by a hot number',
      5_500,
      pageOfAllTypes([is(visits, 'gt', 50)], { order: [by(score, 'DESC')] }),
    ],
    // Many have the value of the cursor.
    ['a later page by a hot number, ascending', 200, pageOf([], { order: [by(score, 'ASC')], from: among(51) })],
    ['an earlier page by a hot number', 200, pageOf([], { ...backward, order: [by(score, 'DESC')], from: among(51) })],
    ['a later page by a number, ascending', 2_500, pageOf([], { order: [by(visits, 'ASC')], from: among(51) })],
    ['an earlier page by a number', 2_500, pageOf([], { ...backward, order: [by(visits, 'DESC')], from: among(51) })],
    ['a later page by creation, ascending', 200, pageOf([], { order: [created('ASC')], from: amongCreated })],
    ['a later page by creation', 200, pageOf([], { order: [created('DESC')], from: amongCreated })],
    // 1 % share a score, 60 % a status, and all the time of creation.
    [
      'a page by a hot number, then another',
      2_200 + 3_000 * SCALE,
      pageOf([], { order: [by(score, 'DESC'), by(visits, 'ASC')] }),
    ],
    [
      'a later page by a hot number, then another',
      2_200 + 3_000 * SCALE,
      pageOf([], { order: [by(score, 'DESC'), by(visits, 'ASC')], from: { values: [51, 50], id: atId.id } }),
    ],
    ['a page by a status, then a hot number', 5_000, pageOf([], { order: [by(status, 'ASC'), by(score, 'DESC')] })],
    [
      'a later page by a status, then a hot number',
      5_000,
      pageOf([], { order: [by(status, 'ASC'), by(score, 'DESC')], from: { values: ['active', 44], id: atId.id } }),
    ],
    ['a page by a status, then a number', 5_000, pageOf([], { order: [by(status, 'ASC'), by(visits, 'DESC')] })],
    ['a page by a status, then creation', 5_000, pageOf([], { order: [by(status, 'ASC'), created('DESC')] })],
    ['a page by creation, then a hot number', 5_000, pageOf([], { order: [created('DESC'), by(score, 'DESC')] })],
    [
      'a page of all types by a status, then a number',
      5_000,
      pageOfAllTypes([], { order: [by(status, 'ASC'), by(visits, 'DESC')] }),
    ],
    [
      'a page of all types by a hot number, then another',
      2_500 + 3_200 * SCALE,
      pageOfAllTypes([], { order: [by(score, 'DESC'), by(visits, 'ASC')] }),
    ],
    [
      'a page of a range by a status, then a hot number',
      5_000,
      pageOf([is(visits, 'gt', 50)], { order: [by(status, 'ASC'), by(score, 'DESC')] }),
    ],
    [
      'a page of a hot value by a hot number, then another',
      2_200 + 3_000 * SCALE,
      pageOf([active], { order: [by(score, 'DESC'), by(visits, 'ASC')] }),
    ],
    ['a page by a number', 2_500, pageOf([], { order: [by(visits, 'DESC')] })],
    ['a page by a number, filtered', 2_500, pageOf([active, is(member, 'eq', true)], { order: [by(visits, 'DESC')] })],
    // Nobody with the next value is active, which only reading all who have it tells.
    ['a later page by a number', 3_500 * SCALE, pageOf([active], { order: [by(visits, 'DESC')], from: at(50) })],
    [
      'a page of a rare value by a number',
      Math.max(3_500, 1_200 + 300 * SCALE),
      pageOf([is(city, 'eq', 'c7')], { order: [by(visits, 'ASC')] }),
    ],
    ['a page of nothing by a number', 3_500, pageOf([is(city, 'eq', 'none')], { order: [by(visits, 'DESC')] })],
    ['the last page by a rare attribute', 500, pageOf([], { order: [by(nickname, 'ASC')], direction: 'BACKWARD' })],
    ['a page of a common element', 300, pageOf([has('t1')])],
    ['a later page of a common element', 300, pageOf([has('t1')], { from: atId })],
    ['a page of a rare element', 300, pageOf([has('u7')])],
    ['a page of one of two common elements', 600, pageOf([has('t1', 't2')])],
    ['a later page of one of two common elements', 600, pageOf([has('t1', 't2')], { from: atId })],
    ['a page of one of two rare elements', 4_700 + 800 * SCALE, pageOf([has('u7', 'u8')])],
    ['a page of a common element by a number', 2_500, pageOf([has('t1')], { order: [by(visits, 'DESC')] })],
    ['a page of a common element by a hot number', 2_500, pageOf([has('t1')], { order: [by(score, 'DESC')] })],
    ['a page of no element', 5_500, pageOf([has('none', 'nothing')])],
    ['a count of a rare element', 400 * SCALE, countOf(has('u7'))],
    // An id is stored as its text, so any text is a reference to the planner. Of 20 targets, 50 each, from index and entity.
    [
      'what refers to each of a list',
      2_100,
      referring(
        city,
        Array.from({ length: 20 }, (_, n) => `c${n + 1}`),
      ),
    ],
    [
      'how many refer to each of a list',
      4_500 * SCALE,
      countReferring(
        city,
        Array.from({ length: 20 }, (_, n) => `c${n + 1}`),
      ),
    ],
    ['what all refer to, and none', 300, referring(constant, ['x', 'none'])],
    ['what refers to one that many others refer to', 300, referring(nickname, ['x', 'none'])],
    [
      'the names of all types',
      10,
      entityTypes({ tenantId: 1, from: '', isFromIncluded: true, limit: 100, isCounted: false }),
    ],
  ];

  it.each(cases)('%s uses indexes only and reads a bounded number of rows', async (name, mostRows, question) => {
    for (const mode of ['force_custom_plan', 'force_generic_plan'] as const) {
      const plan = await explain(question, mode);
      expect(plan.sequential, `${mode}\n${plan.text}`).toEqual([]);
      expect(plan.rowsRead, `${mode}\n${plan.text}`).toBeLessThanOrEqual(mostRows);
    }
    if (SCALE > 1) report.push(await measured(name, question));
  });

  it.each([
    ['a common and a rare element', 500, pageOf([has('t1'), has('u7')])],
    ['two common elements', 3_500, pageOf([has('t1'), has('s4')])],
    // Of the common ones, as many are counted as show that the last is to be looked for.
    ['more elements than are joined', 14_000, pageOf(['t1', 's4', 't1', 'r1', 's4', 'u17'].map((one) => has(one)))],
  ])('a page of %s begins with the rarest, as the statistics know it', async (_, mostRows, question) => {
    const plan = await explain(question, 'as the statement says');
    expect(plan.sequential, plan.text).toEqual([]);
    expect(plan.rowsRead, plan.text).toBeLessThanOrEqual(mostRows);
  });

  /** As many have it as a page needs, and none. */
  const kinds: [name: string, question: (isRare: boolean) => Asked][] = [
    ['a hot value by a hot number', (rare) => inOrder(hot(rare), by(score, 'DESC'))],
    ['a hot value by a hot number, ascending', (rare) => inOrder(hot(rare), by(score, 'ASC'))],
    ['a hot value by a hot text, then a number', (rare) => inOrder(hot(rare), by(status, 'ASC'), by(visits, 'DESC'))],
    ['a hot value', (rare) => inOrder(hot(rare))],
    ['a hot value and a range', (rare) => pageOf([hot(rare), is(score, 'gt', 10)])],
    ['a value', (rare) => inOrder(is(city, 'eq', rare ? 'none' : 'c7'))],
    ['a range of a hot number', (rare) => inOrder(is(score, 'gt', rare ? 200 : 0))],
    ['a hot value by creation', (rare) => inOrder(hot(rare), created('DESC'))],
    ['a hot range by creation', (rare) => inOrder(is(score, 'gt', rare ? 200 : 50), created('DESC'))],
    ['a range by creation', (rare) => inOrder(is(visits, 'gt', rare ? 200 : 50), created('DESC'))],
    ['a range by a hot number', (rare) => inOrder(is(visits, 'gt', rare ? 200 : 50), by(score, 'DESC'))],
    ['a hot value of all types', (rare) => pageOfAllTypes([hot(rare)], {})],
    ['a hot value of all types by a hot number', (rare) => pageOfAllTypes([hot(rare)], { order: [by(score, 'DESC')] })],
    ['a common and a rare element', (rare) => pageOf([has('t1'), has(rare ? 'none' : 't2')])],
  ];

  it.each(kinds)('a page of %s that nobody has reads little, however often others are read', async (_, question) => {
    const reader = new PostgresEntityReader(pool);
    const { signal } = new AbortController();
    for (let time = 0; time < 12; time++) await reader.ask(question(false), signal);
    const before = await rowsFetched();
    await reader.ask(question(true), signal);
    expect((await rowsFetched()) - before).toBeLessThan(5_000);
  });

  it('a count by three hot attributes reads one range of their common index', async () => {
    const { text } = await explain(countOf(active, inCountry, scored), 'force_custom_plan');
    expect(text).toMatch(/Index Only Scan using entity_p\d_tenant_id_type_text_1_text_2_number_1_entity_id_idx/);
  });

  describe('of a small tenant beside a large one', () => {
    const SMALL = 3_000;
    const [kind, size, flag, half] = [
      attribute({ id: 11, key: 'kind', type: 'TEXT' }),
      attribute({ id: 12, key: 'size', type: 'NUMBER' }),
      attribute({ id: 13, key: 'flag', type: 'BOOLEAN' }),
      attribute({ id: 14, key: 'half', type: 'TEXT' }),
    ];
    let neighbour: number;

    beforeAll(async () => {
      const shared = await postgresQuery<{ tenant: number }>(
        cluster.endpoints.primary,
        `SELECT min(i) AS tenant FROM generate_series(3, 200) i, generate_series(0, 7) remainder
         WHERE satisfies_hash_partition('atlas.entity'::regclass, 8, remainder, 1)
           AND satisfies_hash_partition('atlas.entity'::regclass, 8, remainder, i)`,
      );
      neighbour = shared[0]?.tenant ?? 0;
      await postgresQuery(
        cluster.endpoints.primary,
        `WITH entity AS (
           INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
           SELECT ${neighbour}, i, 'user', 1, now(), now(),
                  jsonb_build_object('11', 'k' || i % 170, '12', i * 7919 % 1000, '13', i % 3 = 0, '14', 'h' || i % 2)
           FROM generate_series(1, ${SMALL}) i RETURNING *)
         INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_text, value_number, value_boolean)
         SELECT tenant_id, entity_id, key::integer, CASE WHEN key IN ('11', '14') THEN value #>> '{}' END,
                CASE WHEN key = '12' THEN (value #>> '{}')::float8 END, CASE WHEN key = '13' THEN (value #>> '{}')::boolean END
         FROM entity, jsonb_each(attributes)`,
      );
      await postgresQuery(
        cluster.endpoints.primary,
        `INSERT INTO atlas.entity_element (tenant_id, entity_id, attribute_id, position, value_text, is_first)
         SELECT ${neighbour}, i, 8, 1, CASE WHEN i % 10 = 0 THEN 'u7' ELSE 't' || i % 3 END, true FROM generate_series(1, ${SMALL}) i`,
      );
    });

    const flagged = (): EntitySelection => ({ ...users(is(flag, 'eq', true)), tenantId: neighbour });
    const groups = { groupBy: [kind], first: 10, maxGroups: 1_000 };
    it('fifty entities by id, as several ask for them, are looked up by their keys', async () => {
      const { text, rowsRead } = await explain(
        entitiesById({
          tenantId: neighbour,
          shard: 's0',
          ids: Array.from({ length: 50 }, (_, n) => String(n * 7 + 1)),
        }),
        'as the statement says',
      );
      expect(rowsRead, text).toBeLessThanOrEqual(100);
    });

    const analytics: [name: string, question: () => Asked][] = [
      [
        'a distribution by group, filtered',
        () =>
          distribution({
            ...{ ...flagged(), attribute: size, min: 0, max: 1_000, buckets: 10 },
            ...{ groupBy: [kind], maxCells: 10_000 },
          }),
      ],
      ['a filtered count', () => count(flagged())],
      ['what refers to each of a list', () => referring(kind, ['k1', 'k2', 'none'], neighbour)],
      ['what half of all refer to', () => referring(half, ['h0', 'h1'], neighbour)],
      [
        'a page of a common value and a range',
        () => entityPage(page({ ...users(is(half, 'eq', 'h1'), is(size, 'gt', 10)), tenantId: neighbour })),
      ],
      [
        'a page by a number',
        () => entityPage(page({ ...users(), tenantId: neighbour }, { order: [by(size, 'DESC')] })),
      ],
      [
        'a page of the latest',
        () =>
          entityPage(
            page(
              { ...users(), tenantId: neighbour },
              { order: [{ kind: 'field', field: 'createdAt', direction: 'DESC' }] },
            ),
          ),
      ],
      [
        'a page of two common values by a number',
        () =>
          entityPage(
            page(
              { ...users(is(half, 'eq', 'h1'), is(flag, 'eq', true)), tenantId: neighbour },
              { order: [by(size, 'DESC')] },
            ),
          ),
      ],
      ['a count by group, filtered', () => groupCounts({ ...flagged(), ...groups })],
      ['a page of an element', () => entityPage(page({ ...users(has('t1')), tenantId: neighbour }))],
      ['a page of one of two elements', () => entityPage(page({ ...users(has('t1', 'u7')), tenantId: neighbour }))],
      ['a page of two elements', () => entityPage(page({ ...users(has('t1'), has('u7')), tenantId: neighbour }))],
      ['a count of the elements of some', () => groupCounts({ ...flagged(), ...groups, groupBy: [tags] })],
    ];

    it.each(analytics)(
      '%s reads each row once or twice, before the statistics know the tenant and after',
      async (_, ask) => {
        for (const isKnown of [false, true]) {
          if (isKnown) await postgresQuery(cluster.endpoints.primary, 'ANALYZE');
          const { text, rowsRead } = await explain(ask(), 'as the statement says');
          expect(rowsRead, text).toBeLessThanOrEqual(4 * SMALL);
        }
      },
    );
  });

  /** From tables and indexes of entities, since the server started. */
  async function rowsFetched(): Promise<number> {
    await pool.query({ text: 'SELECT pg_stat_force_next_flush()', values: [] });
    await pool.query({ text: 'SELECT 1', values: [] });
    const [read] = await postgresQuery<{ rows: string }>(
      cluster.endpoints.primary,
      `SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname LIKE 'entity%')
            + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname LIKE 'entity%') AS rows`,
    );
    return Number(read?.rows);
  }

  /** What a question reads, and how long its statement runs: the median of some. */
  async function measured(name: string, question: Asked): Promise<string> {
    const plans: Plan[] = [];
    for (let run = 0; run < 9; run++) plans.push(await explain(question, 'as the statement says'));
    const [median] = plans.sort((a, b) => a.ms - b.ms).slice(plans.length / 2);
    return `${name}: ${Math.round(median?.rowsRead ?? 0)} rows, ${median?.ms.toFixed(2)} ms`;
  }

  /** Runs the one statement of a question. */
  async function explain(
    question: Asked,
    mode: 'force_custom_plan' | 'force_generic_plan' | 'as the statement says',
  ): Promise<Plan> {
    const { text, values, plan } = await statementOf(question);
    if (mode === 'as the statement says') {
      return explain(question, plan === 'kept' ? 'force_generic_plan' : 'force_custom_plan');
    }
    return pool.transaction(async (session) => {
      const run = <Row extends object>(statement: string) =>
        session.query<Row>({ tenant: question.tenantId, text: statement, values: [] });
      await run(`SET LOCAL plan_cache_mode = ${mode}`);
      await run(`PREPARE question AS ${text}`);
      const options = 'ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF, FORMAT JSON';
      const [row] = await run<{ 'QUERY PLAN': [Explained] }>(
        `EXPLAIN (${options}) EXECUTE question (${values.map(literal).join(', ')})`,
      );
      await run('DEALLOCATE question');
      if (row === undefined) throw new Error('EXPLAIN gave no plan');
      return planOf(row['QUERY PLAN'][0]);
    });
  }

  async function statementOf(question: Asked): Promise<Statement> {
    const sent: Statement[] = [];
    const recording: PostgresDatabase = {
      shard: pool.shard,
      role: pool.role,
      query: (statement) => {
        sent.push(statement);
        return pool.query(statement);
      },
      transaction: (work, isolation) => pool.transaction(work, isolation),
      close: () => pool.close(),
    };
    await new PostgresEntityReader(recording).ask(question, new AbortController().signal);
    const [statement, ...others] = sent;
    if (statement === undefined || others.length > 0) throw new Error(`${sent.length} statements were sent`);
    return statement;
  }
});

function planOf({ Plan: root, 'Execution Time': ms }: Explained): Plan {
  const nodes = flatten(root);
  const scans = nodes.filter((node) => /^entity/.test(node['Relation Name'] ?? '') && node['Actual Loops'] > 0);
  return {
    ms,
    sequential: scans.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name'] ?? ''),
    rowsRead: scans.reduce((sum, node) => sum + node['Actual Loops'] * (node['Actual Rows'] + removed(node)), 0),
    text: nodes.map(describeNode).join('\n'),
  };
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}

function removed(node: PlanNode): number {
  return node['Rows Removed by Filter'] ?? 0;
}

function describeNode(node: PlanNode): string {
  const { 'Node Type': type, 'Relation Name': relation, 'Index Name': index } = node;
  const scanned = [relation, index]
    .filter((name) => name !== undefined)
    .reverse()
    .join(' on ');
  const using = scanned === '' ? '' : ` using ${scanned}`;
  return `${type}${using}: ${node['Actual Rows']} rows × ${node['Actual Loops']}, ${removed(node)} removed`;
}

function literal(value: unknown): string {
  const text = Array.isArray(value) ? `{${value.join(',')}}` : String(value);
  return `'${text.replaceAll("'", "''")}'`;
}
