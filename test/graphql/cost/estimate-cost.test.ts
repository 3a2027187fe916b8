import {
  buildASTSchema,
  type DocumentNode,
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  getOperationAST,
  buildSchema as graphqlSchema,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { estimateCost } from '../../../src/graphql/cost/estimate-cost.ts';
import { fieldSize } from '../../../src/graphql/cost/list-size.ts';
import { OperationVariables } from '../../../src/graphql/cost/operation-variables.ts';
import { buildBaseSchema, buildSchema } from '../../../src/graphql/schema/build-schema.ts';
import { loadSdl } from '../../../src/graphql/schema/load-sdl.ts';
import type { EstimatedList } from '../../../src/resolvers/request-cost.ts';

const fixedSchema = buildSchema(buildBaseSchema(loadSdl()), []);
const LIMIT = 50_000;

function cost(query: string, variables: Record<string, unknown> = {}, schema = fixedSchema): number {
  return costOf(parse(query), variables, schema);
}

function costOf(document: DocumentNode, variables: Record<string, unknown>, schema = fixedSchema): number {
  expect(validate(schema, document, specifiedRules)).toEqual([]);
  const operation = getOperationAST(document);
  if (operation == null) throw new Error('The document has no operation');
  return estimateCost({ schema, document, operation, variables }, LIMIT).total;
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => String(n + 1));

describe('the cost of an operation', () => {
  it.each([
    ['a field that reads costs its weight, and each of its fields 1', '{ entity(id: "1") { id type } }', 10 + 2],
    ['__typename costs nothing', '{ __typename entity(id: "1") { __typename id } }', 10 + 1],
    [
      'under another name, it costs 1',
      '{ a: __typename entitiesById(ids: ["1", "2"]) { __typename b: __typename c: __typename } }',
      1 + 9 + 2 * 3,
    ],
    [
      'the fields of a list cost as often as it has ids',
      '{ entitiesById(ids: ["1", "2", "3"]) { id type } }',
      9 + 3 * 3,
    ],
    ['a single id is a list of one', '{ entitiesById(ids: "1") { id } }', 9 + 2],
    ['a page costs what first says', '{ entities(first: 7) { edges { node { id } } } }', 20 + 7 * 3],
    ['the default of first is the size', '{ entities { edges { node { id } } } }', 20 + 50 * 3],
    ['last counts instead of the default of first', '{ entities(last: 2) { edges { cursor } } }', 20 + 2 * 2],
    [
      'what is beside the edges counts once',
      '{ entities(first: 100) { totalCount pageInfo { hasNextPage } } }',
      20 + 100 + 2,
    ],
    [
      'listed keys are the size of attributes',
      '{ entity(id: "1") { attributes(keys: ["a", "b"]) { key } } }',
      10 + 2 * 2,
    ],
    [
      'ten attributes are assumed, however many keys are listed',
      '{ entity(id: "1") { attributes { key } } }',
      10 + 10 * 2,
    ],
    [
      'the type with the greatest cost counts',
      '{ entity(id: "1") { attribute(key: "a") { ... on TextAttribute { text } ... on JsonAttribute { json key } } } }',
      10 + 1 + 2,
    ],
    ['aliases count each', '{ a: entity(id: "1") { id } b: entity(id: "1") { id } }', 2 * 11],
    [
      'merged fields count once',
      '{ entity(id: "1") { id } entity(id: "1") { id type } ...F } fragment F on Query { entity(id: "1") { type } }',
      12,
    ],
    [
      'an excluded field costs nothing',
      '{ entity(id: "1") { id type @skip(if: true) version @include(if: false) } }',
      11,
    ],
    [
      'analytics are dear',
      '{ analytics { count { count } distribution(attribute: "a") { groups { buckets { count } } } } }',
      1 + 501 + 1_000 + 10 * (1 + 10 * 2),
    ],
  ])('%s', (_case, query, expected) => {
    expect(cost(query)).toBe(expected);
  });

  it('takes sizes and conditions from variables, and from their defaults', () => {
    const query =
      'query ($n: Int = 3, $with: Boolean = true) { entities(first: $n) { edges { cursor @include(if: $with) } } }';
    expect(cost(query)).toBe(20 + 3 * 2);
    expect(cost(query, { n: 10, with: false })).toBe(20 + 10);
  });

  it('counts the representations of every alias', () => {
    const representations = ids(10_000).map((id) => ({ __typename: 'Entity', id }));
    const aliases = ids(99).map((n) => `a${n}: _entities(representations: $r) { ... on Entity { id type } }`);
    expect(cost(`query ($r: [_Any!]!) { ${aliases.join(' ')} }`, { r: representations })).toBe(99 * (9 + 30_000));
  });

  it('counts each row of a write, each of its attributes and each element of their lists', () => {
    const query = 'mutation ($rows: [UpsertEntityInput!]!) { upsertEntities(input: $rows) { results { status } } }';
    const row = {
      type: 'user',
      attributes: [
        { key: 'a', text: 'x' },
        { key: 'b', number: 1 },
      ],
      removeAttributes: ['c'],
    };
    expect(cost(query, { rows: [row, row] })).toBe(20 + 2 * 2 + 2 * (1 + 2 * 3));
    expect(
      cost('mutation { upsertEntity(input: { type: "user", attributes: [{ key: "a", text: "x" }] }) { status } }'),
    ).toBe(20 + 1 + (1 + 2));
    const lists = [
      { key: 'a', textList: Array(1_000).fill('x') },
      { key: 'b', numberList: [1, 2] },
      { key: 'c', numberList: null },
    ];
    expect(cost(query, { rows: [{ type: 'user', attributes: lists }] })).toBe(20 + 2 + (1 + 2 * 3) + 1_002);
    expect(
      cost('mutation { upsertEntity(input: { type: "user", attributes: { key: "a", textList: "x" } }) { status } }'),
    ).toBe(20 + 1 + (1 + 2) + 1);
  });

  it('is refused if nested fragments select too many fields to count', () => {
    const aliases = (inner: string) =>
      ids(9)
        .map((n) => `a${n}: ${inner}`)
        .join(' ');
    const steps = [
      ['EntityConnection', 'edges'],
      ['EntityEdge', 'node'],
      ['Entity', 'freshness'],
    ] as const;
    const fragments = steps.map(
      ([type, field], n) => `fragment F${n} on ${type} { ${aliases(`${field} { ...F${n + 1} }`)} }`,
    );
    const last = `fragment F3 on ReadFreshness { ${aliases('source')} }`;
    const query = `{ ${aliases('entities { ...F0 }')} } ${fragments.join(' ')} ${last}`;
    expect(() => cost(query)).toThrow(
      'The query selects more than 20000 fields, counting those of repeated fragments and of each possible type; select fewer.',
    );
  });

  describe('of introspection', () => {
    /** As many typed fields as a tenant may have. */
    const largeSchema = buildSchema(
      buildBaseSchema(loadSdl()),
      ids(2_000).map((n) => ({
        key: `t${n}`,
        type: 'TEXT',
        isKey: false,
        fieldName: `t${n}`,
        filterable: true,
        description: null,
        access: {},
        shared: false,
      })),
    );
    const MEMBERS = 'inputFields { name type { name inputFields { name type { name } } } }';

    it('is the number of values that it returns', () => {
      expect(cost('{ __type(name: "OrderDirection") { name enumValues { name } } }')).toBe(1 + 1 + 2 + 2);
      expect(cost('{ __type(name: "Nothing") { name enumValues { name } } }')).toBe(1);
      expect(cost('{ __schema { queryType { name } } }')).toBe(3);
    });

    it('counts the typed fields of a tenant', () => {
      const query = '{ __type(name: "Entity") { fields { name } } }';
      expect(cost(query, {}, largeSchema)).toBe(cost(query) + 2 * 2_000);
    });

    it('is refused where a short query returns very much', () => {
      expect(cost(`{ __type(name: "EntityWhere") { ${MEMBERS} } }`)).toBeLessThan(1_000);
      expect(() => cost(`{ __type(name: "EntityWhere") { ${MEMBERS} } }`, {}, largeSchema)).toThrow(
        'The request costs more than 50000, the limit, for introspection alone. Select fewer types, or fewer fields of each.',
      );
      const aliases = ids(20).map((n) => `a${n}: __type(name: "Entity") { fields { name type { name } } }`);
      expect(() => cost(`{ ${aliases.join(' ')} }`, {}, largeSchema)).toThrow('for introspection alone');
    });

    it('leaves room for introspection as tools send it, with all typed fields of a tenant', () => {
      expect(cost(getIntrospectionQuery())).toBeLessThan(LIMIT);
      expect(cost(getIntrospectionQuery(), {}, largeSchema)).toBeLessThan(LIMIT);
    });
  });
});

describe('what the estimate knows of lists', () => {
  const listSchema = graphqlSchema(`
    directive @listSize(assumedSize: Int) on FIELD_DEFINITION
    interface Named { name: String, all: [Item!]! }
    type Item implements Named { id: ID!, name: String, list: List!, tags: [String!]!, all: [Item!]! @listSize(assumedSize: 5) }
    type List implements Named { items: [Item!]! @listSize(assumedSize: 10), name: String, all: [Item!]! }
    union Any = Item | List
    type Query { items: [Item!]!, any: [Any!]!, named: [Named!]!, list: List!, other: List! }`);
  const NO_MORE = Number.POSITIVE_INFINITY;

  function listsOf(query: string): Readonly<Record<string, EstimatedList>> {
    const document = parse(query);
    expect(validate(listSchema, document, specifiedRules)).toEqual([]);
    const operation = getOperationAST(document) as OperationDefinitionNode;
    const { lists } = estimateCost({ schema: listSchema, document, operation, variables: {} }, LIMIT);
    return Object.fromEntries([...lists].map(([{ name, alias }, list]) => [(alias ?? name).value, list]));
  }

  it.each([
    ['{ items { id } }', 'items', 2],
    ['{ items { id name a: name __typename } }', 'items', 4],
    ['{ items { id } items { name } }', 'items', 3],
    ['{ items { ...f ... on Item { name } ... { id } } } fragment f on Item { id list { name } }', 'items', 5],
    ['{ any { __typename ... on Item { id name } ... on List { name } } }', 'any', 3],
    ['{ named { name ... on Item { id } } }', 'named', 3],
  ])('is the cost of an item: %s', (query, name, costOfItem) => {
    expect(listsOf(query)[name]).toEqual({ countedItems: NO_MORE, costOfItem, hasLists: false });
  });

  it.each([
    ['{ items { id tags } }', 'items'],
    ['{ items { list { items { id } } } }', 'items'],
    ['{ any { ... on Item { id name } ...f } } fragment f on List { items { id } }', 'any'],
  ])('is whether items have lists: %s', (query, name) => {
    expect(listsOf(query)[name]?.hasLists).toBe(true);
  });

  it.each([
    ['{ list { ...f } other { ...f more: name items { tags } } } fragment f on List { items { id } }', 'items', 10],
    ['{ other { ...f more: name items { tags } } list { ...f } } fragment f on List { items { id } }', 'items', 10],
  ])('holds wherever a fragment is used: %s', (query, name, countedItems) => {
    expect(listsOf(query)[name]).toEqual({ countedItems, costOfItem: 3, hasLists: true });
  });

  it('holds for all types of an interface', () => {
    expect(listsOf('{ named { all { id } } }').all).toEqual({ countedItems: 5, costOfItem: 2, hasLists: false });
  });

  it('is known at once of fragments that spread each other again and again', () => {
    const steps = ids(99).map((n) => `fragment F${n} on Item { ...F${Number(n) + 1} ...F${Number(n) + 1} }`);
    const query = `{ items { ...F1 } } ${steps.join(' ')} fragment F100 on Item { id }`;
    expect(listsOf(query)).toEqual({ items: { countedItems: NO_MORE, costOfItem: 2, hasLists: false } });
  });
});

it.each(['sdl', 'constructor', 'toString', 'valueOf', 'hasOwnProperty'])(
  'is 1 for a typed field, also if it is called %s',
  (fieldName) => {
    const exposed = {
      key: 'any',
      type: 'TEXT' as const,
      description: null,
      access: {},
      filterable: true,
      isKey: false,
      fieldName,
    };
    const schema = buildSchema(buildBaseSchema(loadSdl()), [exposed]);
    expect(cost(`{ entity(id: "1") { ${fieldName} } }`, {}, schema)).toBe(10 + 1);
  },
);

describe('the cost of an operation that is asked for again', () => {
  /** Of one document, each time with other variables. */
  const costs = (query: string, ...requests: Record<string, unknown>[]) => {
    const document = parse(query);
    return requests.map((variables) => costOf(document, variables));
  };

  it.each([
    [
      'a slicing argument',
      'query ($n: Int) { entities(first: $n) { edges { cursor } } }',
      [{ n: 7 }, { n: 3 }, {}],
      [20 + 7 * 2, 20 + 3 * 2, 20 + 50 * 2],
    ],
    [
      'a part of a list',
      'query ($a: ID!, $b: [String!]) { entity(id: 1) { attributes(keys: $b) { key } } entitiesById(ids: [$a]) { id } }',
      [{ a: '1', b: ['k'] }, { a: '1' }],
      [10 + 2 + 9 + 2, 10 + 20 + 9 + 2],
    ],
    [
      '@include',
      'query ($yes: Boolean!) { entity(id: 1) { id type @include(if: $yes) } }',
      [{ yes: true }, { yes: false }],
      [10 + 2, 10 + 1],
    ],
    [
      '@skip in a fragment, with a default',
      'query ($no: Boolean = true) { entity(id: 1) { id ...f } } fragment f on Entity { type @skip(if: $no) }',
      [{}, { no: false }],
      [10 + 1, 10 + 2],
    ],
    [
      'a member of an object',
      'mutation ($v: [AttributeInput!]!) { upsertEntity(input: { type: "t", attributes: $v }) { entity { id } } }',
      [{ v: [{}] }, { v: [{}, {}, {}] }],
      null,
    ],
  ] as const)('depends on the variables of each request: %s', (_, query, requests, expected) => {
    const found = costs(query, ...requests);
    if (expected === null) expect(found[0]).toBeLessThan(found[1] ?? 0);
    else expect(found).toEqual(expected);
  });

  it('is estimated once if it depends on no variables, for each schema, limit and operation', () => {
    const document = parse(
      'query A($id: ID!) { entity(id: $id) { id } } query B { entity(id: 1) { id type } } query I { __typename __schema { types { name } } }',
    );
    const [a, b, i] = ['A', 'B', 'I'].map((name) => getOperationAST(document, name) as OperationDefinitionNode);
    const estimate = (operation = a, schema = fixedSchema, limit = LIMIT, id = '1') =>
      estimateCost({ schema, document, operation: operation as OperationDefinitionNode, variables: { id } }, limit);
    const first = estimate();
    expect(estimate(a, fixedSchema, LIMIT, '2')).toBe(first);
    expect([first.total, estimate(b).total]).toEqual([10 + 1, 10 + 2]);
    const dearer = buildASTSchema(
      parse(`directive @cost(weight: Int!) on FIELD_DEFINITION
        type Query { entity(id: ID!): Entity @cost(weight: 100) } type Entity { id: ID! }`),
    );
    expect([estimate(a, dearer).total, estimate().total]).toEqual([100 + 1, 10 + 1]);
    const spread = parse('query { entity(id: 1) { ...f } } fragment f on Entity { id }');
    const [operation] = spread.definitions as [OperationDefinitionNode];
    const other = parse('fragment f on Entity { id type version }').definitions;
    const ofDocument = (definitions: DocumentNode['definitions']) =>
      estimateCost({ schema: fixedSchema, document: { ...spread, definitions }, operation, variables: {} }, LIMIT)
        .total;
    expect([ofDocument(spread.definitions), ofDocument([operation, ...other])]).toEqual([10 + 1, 10 + 3]);
    expect(estimate(i).total).toBeGreaterThan(100);
    expect(() => estimate(i, fixedSchema, 100)).toThrow('the limit');
  });
});

it('is known for every list of objects in the schema', () => {
  const unknown: string[] = [];
  const sized = new Set<string>();
  const types = Object.values(fixedSchema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__'));
  const node = { kind: 'Field', name: { kind: 'Name', value: 'any' } } as never;
  const variables = new OperationVariables({ operation: {} as never, variables: {} });
  for (const type of types) {
    for (const field of Object.values(type.getFields())) {
      for (const name of fieldSize(field, node, fixedSchema, variables).sizedFields) {
        sized.add(`${getNamedType(field.type).name}.${name}`);
      }
    }
  }
  for (const type of types) {
    for (const field of Object.values(type.getFields())) {
      const isList = isListType(getNullableType(field.type)) && isObjectType(getNamedType(field.type));
      const own = field.astNode?.directives?.some(({ name }) => name.value === 'listSize') ?? false;
      if (isList && !own && !sized.has(`${type.name}.${field.name}`)) unknown.push(`${type.name}.${field.name}`);
    }
  }
  expect(unknown).toEqual([]);
});
