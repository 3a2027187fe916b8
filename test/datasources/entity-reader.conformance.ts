import { beforeAll, describe, expect, it } from 'vitest';
import type { EntityReader } from '../../src/datasources/entity-reader.ts';
import { attributeUse } from '../../src/datasources/questions/attribute-use.ts';
import { auditPage } from '../../src/datasources/questions/audit-page.ts';
import { count } from '../../src/datasources/questions/count.ts';
import { distribution } from '../../src/datasources/questions/distribution.ts';
import { entitiesById } from '../../src/datasources/questions/entities-by-id.ts';
import { entityPage } from '../../src/datasources/questions/entity-page.ts';
import { entityTypes } from '../../src/datasources/questions/entity-types.ts';
import { groupCounts } from '../../src/datasources/questions/group-counts.ts';
import type { Question } from '../../src/datasources/questions/question.ts';
import { range } from '../../src/datasources/questions/range.ts';
import { referencingPages } from '../../src/datasources/questions/referencing-pages.ts';
import type { AuditEntry } from '../../src/domain/audit.ts';
import type { AttributeValue } from '../../src/domain/catalog/attribute.ts';
import { isListType } from '../../src/domain/catalog/list-types.ts';
import {
  type Direction,
  type EntityFilter,
  type EntityOrder,
  type EntitySelection,
  MATCH_ALL,
  type Operand,
} from '../../src/domain/filter/filter.ts';
import { appliesTo } from '../../src/domain/filter/operators.ts';
import type { EntityPageQuery } from '../../src/domain/filter/page-position.ts';
import { canonicalJson } from '../../src/lib/canonical-json.ts';
import { analyticsConformance } from './analytics.conformance.ts';
import { projectionConformance } from './projection.conformance.ts';
import { searchConformance } from './search.conformance.ts';
import { EntityModel } from './support/entity-model.ts';
import { operatorsOfKind } from './support/operators-of-kind.ts';
import { CATALOG, FILTERABLE_KEYS, LIST_KEYS, ORDERABLE_KEYS, type SampleKey } from './support/sample-catalog.ts';
import { type SampleEntity, sample } from './support/sample-entity.ts';

/** An engine under test: shard `s0` with a heartbeat at 2026-01-01T00:00:01.234567Z and position 0/64 (100). */
export interface ReaderUnderTest {
  fill(entities: readonly SampleEntity[]): Promise<void>;
  /** Adds to the audit, as of a position that the watermark covers. */
  record(entries: readonly (AuditEntry & { readonly tenantId: number })[]): Promise<void>;
  readonly reader: EntityReader;
}

const LONG = 'é😀'.repeat(128); // 256 code points
const BIG_JSON = { a: [1, 2.5, { 'b"': 'x'.repeat(300), 1: null }], zz: true, z: -1e-7 };

/** Values of each type, including those that engines tend to treat differently. */
const VALUES: Record<string, readonly AttributeValue[]> = {
  TEXT: [
    '',
    'a',
    'ab',
    'Z',
    'é',
    'z',
    '\uffff',
    '😀',
    "it's",
    'a\\b\t\n"%_{}',
    LONG.slice(0, -2),
    LONG,
    `${LONG}a`,
    `${LONG}b`,
  ],
  NUMBER: [0, 1, -1, 0.1, 0.30000000000000004, 5e-324, -1.7976931348623157e308, 1e21, 9007199254740992, 80],
  BOOLEAN: [true, false],
  TIMESTAMP: [
    '0001-01-01T00:00:00.000Z',
    '1969-12-31T23:59:59.999Z',
    '1970-01-01T00:00:00.000Z',
    '2024-02-29T12:00:00.001Z',
    '9999-12-31T23:59:59.999Z',
  ],
  JSON: [
    ...[{}, [], 'a', 0, false, { b: 1, a: [1, { y: null, x: 'é' }] }, BIG_JSON, { ...BIG_JSON, z: 1e22 }],
    ...['x'.repeat(300), '1'.repeat(300)],
  ],
  REFERENCE: ['1', '10', '2', '9007199254740992', '9007199254740993', '9223372036854775807'],
  TEXT_LIST: [
    [],
    ['a'],
    ['b', 'a', 'b', 'b'],
    ['', "it's", 'a\\b\t\n"%_{},[]', 'null'],
    ['é', '😀', '\uffff', LONG, LONG.slice(0, -2)],
    ['1', '1.0', '["a"]'],
  ],
  NUMBER_LIST: [
    [],
    [1],
    [2.5, 1, 2.5],
    [0, -1, 0.1, 0.30000000000000004, 5e-324],
    [1e21, 9007199254740992, 1e-7, 123456789.12345679],
  ],
};

/** Texts that differ in case, or seem to. */
const CASES = [
  ...['Straße', 'STRASSE', 'STRAẞE', 'strasse', 'İstanbul', 'istanbul', 'ISTANBUL', 'ıstanbul', 'i\u0307stanbul'],
  ...[
    'Σίσυφος',
    'ΣΊΣΥΦΟΣ',
    'σίσυφοσ',
    'Kelvin',
    '\u212Aelvin',
    'ſee',
    'See',
    'Ǆ',
    'ǅ',
    'ǆ',
    'ŒUVRE',
    'œuvre',
    'ﬁ',
    'FI',
  ],
  ...[
    '\u{10400}',
    '\u{10428}',
    'Ꭰ',
    'ꭰ',
    'É',
    'e\u0301',
    'a.b',
    'A.B',
    'a+b',
    '[K]',
    'AXB',
    'two\nLines',
    'TWO\nlines',
  ],
];

const CASE_OPERANDS = [
  ...['strasse', 'STRAßE', 'ISTANBUL', 'İSTANBUL', 'ΣΊΣΥΦΟΣ', 'kelvin', 'ſEE', 'ǅ', 'Œuvre', 'fi', '\u{10428}'],
  ...['ꭰ', 'é', 'A.b', '[k]', 'Two\nlineS', 'ss', `${LONG}ſ`.toUpperCase()],
];

/** Each value in a separate entity (ids of hot attributes interleave with the others'), each twice, and some without. */
function samples(): SampleEntity[] {
  const entities: SampleEntity[] = [];
  let id = 0;
  for (let round = 0; round < 2; round++) {
    for (const key of FILTERABLE_KEYS) {
      for (const value of VALUES[CATALOG[key].type] ?? []) entities.push(sample(++id, { [key]: value }));
    }
  }
  entities.push(sample(++id), sample(++id, { note: 'only in the jsonb' }));
  entities.push(sample(++id, { hotNumber: 1, number: 1, text: 'a', hotText: 'a' }, { type: 'group' }));
  entities.push(sample('9223372036854775807', { number: 5 }, { type: 'größe' }));
  entities.push(sample(1, { hotText: 'a', text: 'a', hotNumber: 1, number: 1 }, { tenantId: 2 }));
  return entities;
}

export function entityReaderConformance(engine: string, start: () => Promise<ReaderUnderTest>): void {
  describe(`${engine} as an EntityReader`, () => {
    let tested: ReaderUnderTest;
    const entities = samples();
    const model = new EntityModel(entities);

    beforeAll(async () => {
      tested = await start();
      await tested.fill(entities);
    });

    const { signal } = new AbortController();
    /** The answer of the engine as the only source. */
    async function answerTo<Part, Answer>(question: Question<Part, Answer>): Promise<Answer> {
      return question.merge([(await tested.reader.ask(question, signal)).data]);
    }
    const select = (filter: EntityFilter, type: string | null = null): EntitySelection => ({
      tenantId: 1,
      type,
      filter,
    });
    const everything = (query: EntitySelection, order: EntityOrder[] = []): EntityPageQuery => ({
      ...query,
      order,
      from: null,
      direction: 'FORWARD',
      limit: 1000,
    });
    const found = async (filter: EntityFilter, type: string | null = null): Promise<string[]> => {
      const { rows } = await answerTo(entityPage(everything(select(filter, type))));
      return rows.map(({ position }) => position.id);
    };
    const expected = (filter: EntityFilter, type: string | null = null): string[] =>
      model.page(everything(select(filter, type))).positions.map(({ id }) => id);

    it('returns whole entities by id, whatever their values, and omits ids that do not exist', async () => {
      const ids = [...entities.filter(({ tenantId }) => tenantId === 1).map(({ record }) => record.id), '4711'];
      const data = await answerTo(entitiesById({ tenantId: 1, shard: 's0', ids }));
      const sorted = [...data].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
      expect(sorted).toEqual(model.select(select(MATCH_ALL)));
    });

    it('never returns an entity of another tenant', async () => {
      const data = await answerTo(entitiesById({ tenantId: 2, shard: 's0', ids: ['1', '2'] }));
      expect(data.map(({ id }) => id)).toEqual(['1']);
      expect(await answerTo(count({ tenantId: 2, type: null, filter: MATCH_ALL }))).toBe(1n);
    });

    it('lists the types of the entities by name, from anywhere, counted or not', async () => {
      const all = { tenantId: 1, from: '', isFromIncluded: false, limit: 100, isCounted: true };
      for (const asked of [
        all,
        { ...all, isCounted: false },
        { ...all, limit: 1 },
        { ...all, from: 'group' },
        { ...all, from: 'group', isFromIncluded: true, limit: 2 },
        { ...all, from: 'grp', isFromIncluded: true, isCounted: false, limit: 1 },
        { ...all, from: 'z', isCounted: false },
        { ...all, limit: 0 },
        { ...all, tenantId: 2 },
        { ...all, tenantId: 3 },
      ]) {
        expect(await answerTo(entityTypes(asked)), JSON.stringify(asked)).toEqual(model.entityTypes(asked));
      }
    });

    it('counts the entities of some types that have an attribute, filterable or not', async () => {
      for (const tenantId of [1, 2]) {
        for (const types of [[], ['user'], ['group', 'größe', 'user', 'nothing']]) {
          const uses = await answerTo(attributeUse({ tenantId, types }));
          const inOrder = [...uses].sort((a, b) =>
            a.type === b.type ? a.attributeId - b.attributeId : a.type < b.type ? -1 : 1,
          );
          expect(inOrder).toEqual(model.attributeUse({ tenantId, types }));
        }
      }
    });

    describe('the audit', () => {
      const entry = (id: number, at: string, more: Partial<AuditEntry> & { readonly tenantId?: number } = {}) => ({
        ...{ tenantId: 1, shard: 's0', id: BigInt(id), at: new Date(at), subject: 'ann' },
        ...{ operation: 'UPDATE_ENTITY' as const, entityId: '7', attributeId: null, oldVersion: 1n, newVersion: 2n },
        ...more,
      });
      const entries = [
        entry(5, '2026-03-02T00:00:00.001Z', {
          operation: 'DEFINE_ATTRIBUTE',
          entityId: null,
          attributeId: 9,
          oldVersion: null,
          newVersion: null,
        }),
        entry(4, '2026-03-01T00:00:00Z', { subject: null, operation: 'DELETE_ENTITY', newVersion: null }),
        entry(3, '2026-03-01T00:00:00Z', { entityId: '9223372036854775807', subject: "b'\\\n%é" }),
        entry(2, '2026-02-28T23:59:59.999Z', { operation: 'CREATE_ENTITY', oldVersion: null, newVersion: 1n }),
      ];
      const shown = entries.map(({ tenantId, ...one }) => one);
      const all = { tenantId: 1, entityId: null, subject: null, from: null, to: null, after: null, limit: 100 };
      beforeAll(() => tested.record([...entries, entry(6, '2026-03-01T00:00:00Z', { tenantId: 2 })]));

      it('is returned newest first, of one tenant', async () => {
        expect(await answerTo(auditPage(all))).toEqual({ entries: shown, hasMore: false });
        expect((await answerTo(auditPage({ ...all, tenantId: 2 }))).entries).toHaveLength(1);
        expect((await answerTo(auditPage({ ...all, tenantId: 3 }))).entries).toEqual([]);
      });

      it('is restricted to an entity, a subject and a time', async () => {
        const idsOf = async (query: object) =>
          (await answerTo(auditPage({ ...all, ...query }))).entries.map(({ id }) => Number(id));
        expect(await idsOf({ entityId: '7' })).toEqual([4, 2]);
        expect(await idsOf({ entityId: '9223372036854775807' })).toEqual([3]);
        expect(await idsOf({ subject: "b'\\\n%é" })).toEqual([3]);
        expect(await idsOf({ from: Date.parse('2026-03-01T00:00:00Z') })).toEqual([5, 4, 3]);
        expect(await idsOf({ to: Date.parse('2026-03-01T00:00:00Z') })).toEqual([2]);
      });

      it('is paged, also within one moment', async () => {
        let after: { at: number; shard: string; id: bigint } | null = null;
        for (const [index, expected] of shown.entries()) {
          const page: { entries: readonly AuditEntry[]; hasMore: boolean } = await answerTo(
            auditPage({ ...all, after, limit: 1 }),
          );
          expect(page).toEqual({ entries: [expected], hasMore: index < shown.length - 1 });
          after = { at: expected.at.getTime(), shard: expected.shard, id: expected.id };
        }
        expect((await answerTo(auditPage({ ...all, after }))).entries).toEqual([]);
        const before = { at: Date.parse('2026-03-01T00:00:00Z'), shard: 'a', id: 9n };
        expect((await answerTo(auditPage({ ...all, after: before }))).entries).toHaveLength(3);
      });
    });

    describe.each(FILTERABLE_KEYS)('filters on %s', (key) => {
      const attribute = CATALOG[key];
      const operands = (VALUES[attribute.type] ?? []).map((value) => operand(key, value));

      const comparisons = operatorsOfKind('comparison').filter((operator) =>
        appliesTo(operator, isListType(attribute.type) ? 'NUMBER' : attribute.type),
      );

      it.each(comparisons)('answer %s for every value', async (operator) => {
        for (const value of operands) {
          const filter: EntityFilter = { kind: 'attribute', attribute, predicate: { operator, operand: value } };
          expect(await found(filter), String(value)).toEqual(expected(filter));
          // What a negation is about is entities that lack the attribute, whatever the value.
          const not: EntityFilter = { kind: 'not', filter };
          if (value === operands.at(-1)) expect(await found(not), `not ${value}`).toEqual(expected(not));
        }
      });

      it.each(operatorsOfKind('list'))('answer %s, also of nothing', async (operator) => {
        for (const list of [[], operands.slice(0, 1), operands]) {
          const filter: EntityFilter = { kind: 'attribute', attribute, predicate: { operator, operands: list } };
          expect(await found(filter)).toEqual(expected(filter));
          expect(await found({ kind: 'not', filter })).toEqual(expected({ kind: 'not', filter }));
        }
      });

      it('find the entities that have the attribute', async () => {
        const filter: EntityFilter = { kind: 'exists', attribute };
        expect(await found(filter)).toEqual(expected(filter));
        expect(await found({ kind: 'not', filter })).toEqual(expected({ kind: 'not', filter }));
      });
    });

    it.each(LIST_KEYS)(
      'finds the entities whose %s has an element, one of some, or all of them, each once',
      async (key) => {
        const attribute = CATALOG[key];
        const lists = VALUES[attribute.type] as readonly Operand[][];
        const has = (...operands: Operand[]): EntityFilter => ({ kind: 'elements', attribute, operands });
        const all = (operands: Operand[]): EntityFilter => ({ kind: 'and', filters: operands.map((one) => has(one)) });
        for (const operand of new Set([...lists.flat(), key === 'textList' ? 'none' : 17])) {
          expect(await found(has(operand)), String(operand)).toEqual(expected(has(operand)));
        }
        for (const list of lists.slice(1)) {
          for (const filter of [has(...list), all(list), { kind: 'not', filter: has(...list) } as const]) {
            expect(await found(filter)).toEqual(expected(filter));
          }
        }
        const [, [one = ''] = [], others = []] = lists;
        const long = { kind: 'attribute', attribute, predicate: { operator: 'gte', operand: 3 } } as const;
        for (const filter of [
          has(one),
          has(...others),
          all(others),
          { kind: 'and', filters: [has(one), long] } as const,
        ]) {
          await walk([], select(filter), 2);
          await walk([by('number', 'DESC')], select(filter), 2);
          await walk([{ kind: 'field', field: 'createdAt', direction: 'DESC' }], select(filter, 'user'), 2);
        }
      },
    );

    it.each(['hotText', 'text'] as const)('finds beginnings and parts of %s, however long it is', async (key) => {
      const parts = ['', 'a', '😀', 'é😀é', '\uffff', '\\b', '%', `${LONG.slice(6)}b`, LONG, `${LONG}a`, '\u{10ffff}'];
      for (const operator of operatorsOfKind('text')) {
        for (const part of parts) {
          const predicate = { operator, operand: part };
          const filter: EntityFilter = { kind: 'attribute', attribute: CATALOG[key], predicate };
          expect(await found(filter), part).toEqual(expected(filter));
          const not: EntityFilter = { kind: 'not', filter };
          if (part === 'a') expect(await found(not), part).toEqual(expected(not));
        }
      }
    });

    it('compares texts without their case as Unicode folds it, character by character, whatever the engine knows of Unicode', {
      timeout: 60_000,
    }, async () => {
      const odd = CASES.flatMap((value, index) => [
        sample(index + 1, { text: value, hotText: value }),
        sample(index + 101, { text: `${LONG}${value}` }),
      ]);
      await tested.fill(odd);
      const oddModel = new EntityModel(odd);
      for (const operand of CASE_OPERANDS) {
        for (const operator of ['eqIgnoreCase', 'startsWithIgnoreCase', 'containsIgnoreCase'] as const) {
          for (const key of operator === 'containsIgnoreCase' ? (['text', 'hotText'] as const) : (['text'] as const)) {
            const filter: EntityFilter = {
              kind: 'attribute',
              attribute: CATALOG[key],
              predicate: { operator, operand },
            };
            const right = oddModel.page(everything(select(filter))).positions.map(({ id }) => id);
            expect(await found(filter), `${key} ${operator} ${operand}`).toEqual(right);
          }
        }
      }
      await tested.fill(entities);
    });

    it('combines conditions on columns, rows, fields, ids and the type', async () => {
      const is = (key: SampleKey, value: Operand): EntityFilter => ({
        kind: 'attribute',
        attribute: CATALOG[key],
        predicate: { operator: 'eq', operand: value },
      });
      const both: EntityFilter = { kind: 'and', filters: [is('hotText', 'a'), is('text', 'a'), is('number', 1)] };
      const either: EntityFilter = { kind: 'or', filters: [is('hotText', 'a'), is('number', 80), is('json', '{}')] };
      const ids: EntityFilter = { kind: 'ids', ids: ['1', '2', '3', '9223372036854775807', '4711'] };
      const filters: EntityFilter[] = [
        MATCH_ALL,
        { kind: 'or', filters: [] },
        both,
        either,
        ids,
        { kind: 'and', filters: [ids, { kind: 'not', filter: either }] },
        { kind: 'not', filter: { kind: 'and', filters: [is('hotBoolean', true), { kind: 'not', filter: both }] } },
        { kind: 'and', filters: [either, { kind: 'or', filters: [both, { kind: 'not', filter: ids }] }] },
        { kind: 'field', field: 'createdAt', predicate: { operator: 'eq', operand: Date.parse('2026-01-01') } },
        { kind: 'field', field: 'updatedAt', predicate: { operator: 'lt', operand: Date.parse('2026-01-01') } },
      ];
      for (const filter of filters) {
        for (const type of [null, 'user', 'group', 'größe', 'nothing']) {
          expect(await found(filter, type)).toEqual(expected(filter, type));
          expect(await answerTo(count(select(filter, type)))).toBe(BigInt(expected(filter, type).length));
        }
      }
    });

    it('refuses an attribute that is in the jsonb only', async () => {
      const filter: EntityFilter = { kind: 'exists', attribute: CATALOG.note };
      await expect(answerTo(count(select(filter)))).rejects.toMatchObject({
        code: 'ATTRIBUTE_NOT_FILTERABLE',
      });
    });

    describe.each(ORDERABLE_KEYS)('pages ordered by %s', (key) => {
      it.each<Direction>(['ASC', 'DESC'])('%s neither skip nor repeat, forward and backward', async (direction) => {
        const order: EntityOrder[] = [{ kind: 'attribute', attribute: CATALOG[key], direction }];
        await walk(order, select(MATCH_ALL), 17);
        await walk(order, select({ kind: 'exists', attribute: CATALOG[key] }, 'user'), 3);
      });
    });

    it.each<[string, EntityOrder[]]>([
      ['nothing', []],
      ['id descending', [{ kind: 'field', field: 'id', direction: 'DESC' }]],
      ['creation', [{ kind: 'field', field: 'createdAt', direction: 'DESC' }]],
      ['two columns', [by('hotBoolean', 'DESC'), by('hotText', 'ASC')]],
      ['two rows', [by('boolean', 'ASC'), by('number', 'DESC')]],
      [
        'a row, a column and a field',
        [by('text', 'DESC'), by('hotNumber', 'ASC'), { kind: 'field', field: 'updatedAt', direction: 'DESC' }],
      ],
      ['a field, then a row', [{ kind: 'field', field: 'updatedAt', direction: 'ASC' }, by('timestamp', 'DESC')]],
    ])('pages ordered by %s neither skip nor repeat', async (_, order) => {
      await walk(order, select(MATCH_ALL), 13);
    });

    it('orders by an attribute that the filter bounds', async () => {
      const atLeast = (operand: number): EntityFilter => ({
        kind: 'attribute',
        attribute: CATALOG.number,
        predicate: { operator: 'gte', operand },
      });
      await walk([by('number', 'ASC')], select(atLeast(0.1)), 4);
      await walk([by('number', 'DESC')], select(atLeast(0.1), 'user'), 4);
      await walk([by('number', 'DESC')], select({ kind: 'not', filter: atLeast(0.1) }), 20);
    });

    it('refuses a position of another order', async () => {
      const query = { ...everything(select(MATCH_ALL)), from: { values: [1], id: '1' } };
      await expect(async () => answerTo(entityPage(query))).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    });

    it.each<EntityOrder>([
      { kind: 'field', field: 'createdAt', direction: 'ASC' },
      by('hotTimestamp', 'ASC'),
      by('timestamp', 'DESC'),
    ])('refuses a position at a fraction of a millisecond (%#)', async (criterion) => {
      const at = (moment: number) => {
        const from = { values: [moment], id: '1' };
        return answerTo(entityPage({ ...everything(select(MATCH_ALL), [criterion]), from }));
      };
      await expect(async () => at(1.5)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      expect(await at(1)).toMatchObject({ hasMore: false });
    });

    it.each(['hotNumber', 'number', 'numberList'] as const)('finds the range of %s', async (key) => {
      for (const filter of [MATCH_ALL, { kind: 'ids', ids: ['1'] }] satisfies EntityFilter[]) {
        const query = { ...select(filter), attribute: CATALOG[key] };
        expect(await answerTo(range(query))).toEqual(model.range(query));
      }
    });

    it.each(['hotNumber', 'number', 'numberList'] as const)('counts %s by bucket as width_bucket does', async (key) => {
      const bounds = [
        { min: 0, max: 1, buckets: 10 },
        { min: 0.1, max: 0.30000000000000004, buckets: 3 },
        { min: -1.7976931348623157e308, max: 1.7976931348623157e308, buckets: 7 },
        { min: -1, max: 80, buckets: 10000 },
        { min: 0, max: 5e-324, buckets: 1 },
      ];
      for (const bound of bounds) {
        const query = { ...select(MATCH_ALL), attribute: CATALOG[key], groupBy: [], maxCells: 100, ...bound };
        expect(await answerTo(distribution(query))).toEqual(model.distribution(query));
      }
    });

    it('groups by a whole value of any type, each written in one way', async () => {
      const grouped = FILTERABLE_KEYS.flatMap((key, index) =>
        (VALUES[CATALOG[key].type] ?? []).map((value, at) =>
          sample(1000 * (index + 1) + at, { [key]: value, ...MEASURES }),
        ),
      );
      await tested.fill(grouped);
      for (const key of FILTERABLE_KEYS.filter((name) => !(name in MEASURES))) {
        for (const measured of ['hotNumber', 'number'] as const) {
          const bounds = { min: 0, max: 10, buckets: 2, maxCells: 100 };
          const query = { ...select(MATCH_ALL), attribute: CATALOG[measured], groupBy: [CATALOG[key]], ...bounds };
          expect(await answerTo(distribution(query))).toEqual(new EntityModel(grouped).distribution(query));
        }
      }
      const numbers = {
        ...select(MATCH_ALL),
        attribute: CATALOG.number,
        groupBy: [CATALOG.hotNumber],
        min: 0,
        max: 1,
        buckets: 1,
        maxCells: 100,
      };
      expect(await answerTo(distribution(numbers))).toEqual(new EntityModel(grouped).distribution(numbers));
      await tested.fill(entities);
    });

    it('refuses more cells than it may return, over all its parts', async () => {
      const query = { ...select(MATCH_ALL), attribute: CATALOG.number, groupBy: [], min: 0, max: 1e9, buckets: 1000 };
      const cells = model.distribution({ ...query, maxCells: 100 }).length;
      expect(await answerTo(distribution({ ...query, maxCells: cells }))).toHaveLength(cells);
      await expect(answerTo(distribution({ ...query, maxCells: cells - 1 }))).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
      });
    });

    it('finds what refers to each of several entities, as the page of each does', async () => {
      const refers = (target: string) =>
        ({ kind: 'attribute', attribute: CATALOG.reference, predicate: { operator: 'eq', operand: target } }) as const;
      const stored = entities.flatMap(({ record }) => record.attributes[CATALOG.reference.id] ?? []).map(String);
      const targets = [...new Set([...stored, '4711'])];
      for (const limit of [1, 1_000]) {
        const pages = await answerTo(referencingPages({ tenantId: 1, attribute: CATALOG.reference, targets, limit }));
        for (const target of targets) {
          const { rows = [], hasMore = false } = pages.get(target) ?? {};
          const positions = rows.map(({ position }) => position);
          const page = { ...everything(select(refers(target))), limit };
          expect({ positions, hasMore }).toEqual(model.page(page));
          const whole = model.select(select(refers(target))).slice(0, limit);
          expect(rows.map(({ entity }) => entity)).toEqual(whole);
        }
      }
      const others = { tenantId: 2, attribute: CATALOG.reference, targets, limit: 10 };
      expect(await answerTo(referencingPages(others))).toEqual(new Map());
    });

    it('reports with every answer, even an empty one, what the source is known to contain', async () => {
      const query = select({ kind: 'ids', ids: ['4711'] });
      const bounds = { attribute: CATALOG.number, groupBy: [], min: 0, max: 1, buckets: 1, maxCells: 100 };
      const questions: Question<unknown, unknown>[] = [
        entitiesById({ tenantId: 1, shard: 's0', ids: ['4711'] }),
        entitiesById({ tenantId: 1, shard: 's0', ids: ['1'] }),
        entityPage(everything(query)),
        count(query),
        range({ ...query, attribute: CATALOG.number }),
        distribution({ ...query, ...bounds }),
        groupCounts({ ...query, groupBy: [CATALOG.text], first: 1, maxGroups: 1 }),
      ];
      for (const question of questions) {
        const { watermarks } = await tested.reader.ask(question, signal);
        expect([...watermarks]).toEqual([['s0', { heartbeatAt: expect.closeTo(1767225601234.567, 2), lsn: 100n }]]);
      }
    });

    projectionConformance(() => tested, entities);
    analyticsConformance(() => tested, VALUES, entities);
    searchConformance(() => tested);

    /** Reads page by page in both directions and compares every position with the model's. */
    async function walk(order: EntityOrder[], query: EntitySelection, limit: number): Promise<void> {
      for (const direction of ['FORWARD', 'BACKWARD'] as const) {
        let from: EntityPageQuery['from'] = null;
        for (let read = 0; read === 0 || from !== null; read++) {
          const page: EntityPageQuery = { ...query, order, from, direction, limit };
          const { rows, hasMore } = await answerTo(entityPage(page));
          const positions = rows.map(({ position }) => position);
          expect({ positions, hasMore }).toEqual(model.page(page));
          from = (hasMore ? (direction === 'FORWARD' ? positions.at(-1) : positions[0]) : null) ?? null;
        }
      }
    }
  });
}

/** So that grouped entities have what is counted. */
const MEASURES = { hotNumber: 1, number: 7 };

function by(key: SampleKey, direction: Direction): EntityOrder {
  return { kind: 'attribute', attribute: CATALOG[key], direction };
}

function operand(key: SampleKey, value: AttributeValue): Operand {
  const { type } = CATALOG[key];
  if (type === 'JSON') return canonicalJson(value);
  if (Array.isArray(value)) return value.length;
  return type === 'TIMESTAMP' ? Date.parse(String(value)) : (value as Operand);
}
