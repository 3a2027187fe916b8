import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresPool } from '../../../../src/connections/postgres/postgres-pool.ts';
import { PostgresEntityReader } from '../../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { entityPage } from '../../../../src/datasources/questions/entity-page.ts';
import type { AttributeValue } from '../../../../src/domain/catalog/attribute.ts';
import {
  type Direction,
  type EntityFilter,
  type EntityOrder,
  MATCH_ALL,
} from '../../../../src/domain/filter/filter.ts';
import type { EntityPageQuery, PagePosition } from '../../../../src/domain/filter/page-position.ts';
import { startPostgresCluster, type TestCluster } from '../../../support/postgres-cluster.ts';
import { primaryPool } from '../../../support/postgres-pools.ts';
import { postgresQuery } from '../../../support/postgres-query.ts';
import { EntityModel } from '../../support/entity-model.ts';
import { fillPostgres } from '../../support/fill-postgres.ts';
import { CATALOG, type SampleKey } from '../../support/sample-catalog.ts';
import { type SampleEntity, sample } from '../../support/sample-entity.ts';

const ENTITIES = 5_000;
/** Larger than what is read of an order at once, so that a page has several parts. */
const LARGE_PAGE = 397;
const SMALL_PAGE = 23;

/** From 0 to 1, the same in every run, and of no relation between the properties of an entity. */
function chance(id: number, property: number): number {
  const mixed = Math.imul(id ^ (property * 0x9e3779b9), 0x85ebca6b);
  return (Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 0) / 2 ** 32;
}

/** Some values are shared by more entities than are sorted without a walk, some by few, and each attribute is missing somewhere. */
function entity(id: number): SampleEntity {
  const attributes: Partial<Record<SampleKey, AttributeValue>> = {};
  const text = chance(id, 1);
  if (text < 0.9) attributes.hotText = text < 0.6 ? 'a' : text < 0.89 ? 'b' : 'c';
  if (chance(id, 2) < 0.9) attributes.hotNumber = Math.floor(chance(id, 3) * 4) - 1;
  if (chance(id, 4) < 0.8) attributes.number = Math.floor(chance(id, 5) * 100) / 2;
  if (chance(id, 6) < 0.9) attributes.text = `t${Math.floor(chance(id, 7) * 30)}`;
  if (chance(id, 8) < 0.02) attributes.timestamp = new Date(Math.floor(chance(id, 9) * 3)).toISOString();
  const type = chance(id, 10) < 0.85 ? 'user' : chance(id, 11) < 0.9 ? 'group' : 'other';
  return sample(id, attributes, { type, createdAt: new Date(chance(id, 12) < 0.7 ? 1 : 2 + Math.floor(id / 100)) });
}

const by = (key: SampleKey, direction: Direction): EntityOrder => ({
  ...{ kind: 'attribute', attribute: CATALOG[key], direction },
});
const created = (direction: Direction): EntityOrder => ({ kind: 'field', field: 'createdAt', direction });
const is = (key: SampleKey, operator: 'eq' | 'gt', operand: string | number): EntityFilter => ({
  ...{ kind: 'attribute', attribute: CATALOG[key], predicate: { operator, operand } },
});

const ORDERS: readonly (readonly [string, EntityOrder[]])[] = [
  ['a hot text, then a hot number', [by('hotText', 'ASC'), by('hotNumber', 'DESC')]],
  ['a hot text downwards, then a hot number', [by('hotText', 'DESC'), by('hotNumber', 'ASC')]],
  ['a hot text, then a number', [by('hotText', 'ASC'), by('number', 'DESC')]],
  ['a hot number, then a text', [by('hotNumber', 'DESC'), by('text', 'ASC')]],
  ['a hot text, then an attribute that few have', [by('hotText', 'DESC'), by('timestamp', 'DESC')]],
  ['a hot text, then creation', [by('hotText', 'ASC'), created('DESC')]],
  ['a hot text, then the id', [by('hotText', 'ASC'), { kind: 'field', field: 'id', direction: 'DESC' }]],
  ['creation, then a hot number', [created('DESC'), by('hotNumber', 'DESC')]],
  ['creation, then a number', [created('ASC'), by('number', 'ASC')]],
  ['three keys', [by('hotText', 'ASC'), by('hotNumber', 'ASC'), by('number', 'DESC')]],
  ['a hot number alone', [by('hotNumber', 'ASC')]],
  ['a hot number alone, downwards', [by('hotNumber', 'DESC')]],
];

const SELECTIONS: readonly (readonly [string, string | null, EntityFilter])[] = [
  ['of one type', 'user', MATCH_ALL],
  ['of all types', null, MATCH_ALL],
  ['of a type, with a hot value', 'user', is('hotText', 'eq', 'a')],
  ['of all types, in a range', null, is('number', 'gt', 25)],
  ['of all types, in a small range', null, is('number', 'gt', 49)],
];

describe('pages in the order of several keys', () => {
  const entities = Array.from({ length: ENTITIES }, (_, index) => entity(index + 1));
  const model = new EntityModel(entities);
  let cluster: TestCluster;
  let pool: PostgresPool;

  beforeAll(async () => {
    cluster = await startPostgresCluster();
    pool = primaryPool(cluster.endpoints, { actAs: 'atlas_serve', size: 1, statementTimeoutMs: 60_000 });
    const sql = (text: string, values: readonly unknown[] = []) =>
      postgresQuery(cluster.endpoints.primary, text, [...values]);
    await fillPostgres({ query: async ({ text, values }) => (await sql(text, values)) as never }, entities);
    await sql('ANALYZE');
  }, 120_000);
  afterAll(async () => {
    await pool?.close();
    await cluster?.stop();
  });

  describe.each(ORDERS)('by %s', (_order, order) => {
    it.each(SELECTIONS)('neither skip nor repeat, wherever they begin, %s', async (_selection, type, filter) => {
      const reader = new PostgresEntityReader(pool);
      const query = { tenantId: 1, type, filter, order };
      const all = model.page({ ...query, from: null, direction: 'FORWARD', limit: ENTITIES }).positions;
      const pageFrom = async (from: PagePosition | null, direction: EntityPageQuery['direction'], limit: number) => {
        const question = entityPage({ ...query, from, direction, limit });
        const { data } = await reader.ask(question, new AbortController().signal);
        return question.merge([data]).rows.map(({ position }) => position);
      };
      expect(all.length).toBeGreaterThan(SMALL_PAGE);
      for (let at = -1; at < all.length; at += LARGE_PAGE) {
        const [forward, back] = await Promise.all([
          pageFrom(all[at] ?? null, 'FORWARD', LARGE_PAGE),
          pageFrom(all[at + 1] ?? null, 'BACKWARD', LARGE_PAGE),
        ]);
        expect(forward).toEqual(all.slice(at + 1, at + 1 + LARGE_PAGE));
        const end = Math.min(at + 1, all.length);
        expect(back).toEqual(all.slice(Math.max(0, end - LARGE_PAGE), end));
      }
      for (let n = 0; n < 12; n++) {
        const at = Math.floor(chance(n, 13) * all.length);
        expect(await pageFrom(all[at] ?? null, 'FORWARD', SMALL_PAGE)).toEqual(all.slice(at + 1, at + 1 + SMALL_PAGE));
        expect(await pageFrom(all[at] ?? null, 'BACKWARD', SMALL_PAGE)).toEqual(
          all.slice(Math.max(0, at - SMALL_PAGE), at),
        );
      }
    });
  });
});
