import fc from 'fast-check';
import type { AttributeType, AttributeValue } from '../../../src/domain/catalog/attribute.ts';
import { isListType, type ScalarType } from '../../../src/domain/catalog/list-types.ts';
import type { EntityFilter, EntityOrder, Operand, Predicate } from '../../../src/domain/filter/filter.ts';
import { appliesTo } from '../../../src/domain/filter/operators.ts';
import type { SearchQuery } from '../../../src/domain/search/search-query.ts';
import { searchWords } from '../../../src/domain/search/search-words.ts';
import { canonicalJson } from '../../../src/lib/canonical-json.ts';
import { operatorsOfKind } from './operators-of-kind.ts';
import { CATALOG, FILTERABLE_KEYS, ORDERABLE_KEYS, SAMPLE_KEYS, type SampleKey } from './sample-catalog.ts';
import { type SampleEntity, sample } from './sample-entity.ts';

/** Few different values, so that they collide, including those that two engines may treat differently. */
const text = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('', 'a', 'ab', 'b', 'B', 'É', 'é', '\uffff', '😀', 'a\\', "'", '%') },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }).map((value) => value.replaceAll('\0', '')) },
  { weight: 1, arbitrary: fc.constantFrom('', 'a', 'b', 'é').map((end) => `${'😀é'.repeat(128)}${end}`) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.constantFrom('a', 'B', 'ab', 'É', '-', ' ', '\n'), { maxLength: 6 })
      .map((parts) => parts.join('')),
  },
);
const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.constantFrom(0.1, 0.2, 0.1 + 0.2, 1e21, 2e19),
);
const moment = fc.oneof(
  fc.constantFrom(0, -1, 1_700_000_000_123),
  fc.integer({ min: Date.parse('0001-01-01T00:00:00Z'), max: Date.parse('9999-12-31T23:59:59.999Z') }),
);
const json = fc.oneof(
  fc.constantFrom<AttributeValue>(
    {},
    [],
    'a',
    1,
    false,
    { b: 1, a: [1, null] },
    { 1: 'x'.repeat(260), aa: 1, b: 2e19 },
    '1'.repeat(260),
  ),
  fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' }).map((value) => withoutNul(value) as AttributeValue),
);

const id = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 60 }).map(String) },
  { weight: 1, arbitrary: fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }).map(String) },
);

const element = text.map((value) => [...value].slice(0, 256).join(''));

const VALUES: Record<AttributeType, fc.Arbitrary<AttributeValue>> = {
  TEXT: text,
  NUMBER: number,
  BOOLEAN: fc.boolean(),
  TIMESTAMP: moment.map((at) => new Date(at).toISOString()),
  JSON: json,
  REFERENCE: id,
  TEXT_LIST: fc.array(element, { maxLength: 4 }),
  NUMBER_LIST: fc.array(number, { maxLength: 4 }),
};

const OPERANDS: Record<ScalarType, fc.Arbitrary<Operand>> = {
  TEXT: text,
  NUMBER: number,
  BOOLEAN: fc.boolean(),
  TIMESTAMP: moment,
  JSON: json.map(canonicalJson),
  REFERENCE: id,
};

const attributes = fc.record(
  Object.fromEntries(SAMPLE_KEYS.map((key) => [key, VALUES[CATALOG[key].type]])) as Record<
    SampleKey,
    fc.Arbitrary<AttributeValue>
  >,
  { requiredKeys: [] },
);

const entity: fc.Arbitrary<SampleEntity> = fc
  .record({
    id,
    attributes,
    type: fc.constantFrom('user', 'group'),
    tenantId: fc.constantFrom(1, 1, 1, 2),
    createdAt: fc.constantFrom(0, 1).map((at) => new Date(at)),
  })
  .map(({ id, attributes, ...given }) => sample(id, attributes, given));

export const entities: fc.Arbitrary<SampleEntity[]> = fc.uniqueArray(entity, {
  maxLength: 60,
  size: 'max',
  selector: ({ tenantId, record }) => `${tenantId} ${record.id}`,
});

function predicateOf(of: AttributeType): fc.Arbitrary<Predicate> {
  const type = isListType(of) ? 'NUMBER' : of;
  const operand = OPERANDS[type];
  const operators = operatorsOfKind('comparison').filter((operator) => appliesTo(operator, type));
  const comparison = fc.record({ operator: fc.constantFrom(...operators), operand });
  const oneOf = fc.record({
    operator: fc.constantFrom(...operatorsOfKind('list')),
    operands: fc.array(operand, { maxLength: 3 }),
  });
  if (type !== 'TEXT') return fc.oneof({ weight: 3, arbitrary: comparison }, { weight: 1, arbitrary: oneOf });
  const part = fc.record({ operator: fc.constantFrom(...operatorsOfKind('text')), operand: text });
  return fc.oneof(comparison, oneOf, part);
}

const leaf: fc.Arbitrary<EntityFilter> = fc.oneof(
  ...FILTERABLE_KEYS.map((key) =>
    predicateOf(CATALOG[key].type).map(
      (predicate): EntityFilter => ({ kind: 'attribute', attribute: CATALOG[key], predicate }),
    ),
  ),
  fc
    .array(element, { minLength: 1, maxLength: 3 })
    .map((operands): EntityFilter => ({ kind: 'elements', attribute: CATALOG.textList, operands })),
  fc
    .array(number, { minLength: 1, maxLength: 3 })
    .map((operands): EntityFilter => ({ kind: 'elements', attribute: CATALOG.numberList, operands })),
  fc.constantFrom(...FILTERABLE_KEYS).map((key): EntityFilter => ({ kind: 'exists', attribute: CATALOG[key] })),
  fc.array(id, { maxLength: 20 }).map((ids): EntityFilter => ({ kind: 'ids', ids })),
  fc
    .constantFrom<Predicate>({ operator: 'eq', operand: 0 }, { operator: 'gt', operand: 0 })
    .map((predicate): EntityFilter => ({ kind: 'field', field: 'createdAt', predicate })),
);

export const filter: fc.Arbitrary<EntityFilter> = fc.letrec<{ filter: EntityFilter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 3, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        filters: fc.array(tie('filter'), { maxLength: 4 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }) },
  ),
})).filter;

export const order: fc.Arbitrary<EntityOrder[]> = fc
  .uniqueArray(
    fc.record({
      by: fc.constantFrom<SampleKey | 'id' | 'createdAt'>(...ORDERABLE_KEYS, 'id', 'createdAt'),
      direction: fc.constantFrom('ASC' as const, 'DESC' as const),
    }),
    { maxLength: 3, selector: ({ by }) => by },
  )
  .map((orders) =>
    orders.map(({ by, direction }) =>
      by === 'id' || by === 'createdAt'
        ? { kind: 'field', field: by, direction }
        : { kind: 'attribute', attribute: CATALOG[by], direction },
    ),
  );

/** What to search for, and where. */
export const searched: fc.Arbitrary<Pick<SearchQuery, 'attributes' | 'words'>> = fc.record({
  attributes: fc.constantFrom([CATALOG.text], [CATALOG.hotText], [CATALOG.hotText, CATALOG.text]),
  words: fc
    .array(fc.constantFrom('a', 'A', 'b', 'ab', 'é', 'É', 'a*', 'B*', 'é*'), { minLength: 1, maxLength: 3 })
    .map((words) => searchWords(words.join(' '), 3)),
});

function withoutNul(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/\\u0000|__proto__/g, ''));
}
