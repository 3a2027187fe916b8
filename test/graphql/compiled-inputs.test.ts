import { buildSchema, type GraphQLInputObjectType, type OperationDefinitionNode, parse } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { compileInputs } from '../../src/graphql/compiled-inputs.ts';

const schema = buildSchema(`
  enum Way { UP DOWN }
  input Where { and: [Where!], not: Where, key: ID, least: Float = 0.5, way: Way, words: [[String!]] }
  input Row { key: String!, where: Where, count: Int! = 3 }
  "What every object inherits."
  input Odd { constructor: Int }
  input One @oneOf { a: Int, b: Int }
  type Query { read(rows: [Row!]!, one: One, odd: Odd, way: Way): Int }
`);
const document = parse(
  'query ($rows: [Row!]!, $one: One, $odd: Odd, $way: Way = UP) { read(rows: $rows, one: $one, odd: $odd, way: $way) }',
);
const { variableDefinitions = [] } = document.definitions[0] as OperationDefinitionNode;

/** The values, and their keys in order; or what is said of errors. */
function coerced(variables: Record<string, unknown>): unknown {
  const { coerced: values, errors } = getVariableValues(schema, variableDefinitions, variables);
  return errors?.map(({ message }) => message) ?? [values, JSON.stringify(values)];
}

const ROW = { key: 'a' };
const CASES: readonly (readonly [what: string, variables: Record<string, unknown>])[] = [
  ['what is given, and defaults', { rows: [{ key: 'a', where: { key: 7, way: 'DOWN', least: 2 } }, ROW] }],
  ['members in the order of the type', { rows: [{ count: 1, where: { words: [], key: 'k' }, key: 'a' }] }],
  ['types that have fields of their own', { rows: [{ key: 'a', where: { and: [{ not: { and: [{}] } }, {}] } }] }],
  ['null, where it may be', { rows: [{ key: 'a', where: null }], one: null, way: null }],
  ['null in lists', { rows: [{ key: 'a', where: { words: [null, ['a'], []] } }] }],
  ['an item that is no list', { rows: ROW }],
  ['an item that is no list, and not valid', { rows: { key: 'a', kee: 1 } }],
  ['an item that is another collection', { rows: new Set([ROW]) }],
  ['items of lists in lists', { rows: [{ key: 'a', where: { words: 'a' } }] }],
  ['no items', { rows: [] }],
  ['a value of several', { rows: [ROW], one: { a: 1 } }],
  ['two values of several', { rows: [ROW], one: { a: 1, b: 2 } }],
  ['a null of several', { rows: [ROW], one: { a: null } }],
  ['null where it may not be', { rows: [{ key: null }, null] }],
  ['no value where one must be', { rows: [{}, ROW] }],
  ['null in place of a default', { rows: [{ key: 'a', count: null }] }],
  ['members that there are not', { rows: [{ key: 'a', kee: 1, toString: 2 }] }],
  ['a member that every object has', { rows: [ROW], odd: { constructor: 4 } }],
  ['the same, not given', { rows: [ROW], odd: {} }],
  ['values of other types', { rows: [{ key: 5, where: { least: 'a', way: 'SIDEWAYS', key: {} } }, 'row', [ROW]] }],
  ['several errors', { rows: [{ where: { and: [null, { way: 'X' }] } }, 4], way: 'Y' }],
];

describe('variables', () => {
  const before = new Map(CASES.map(([what, variables]) => [what, coerced(variables)]));
  beforeAll(() => {
    compileInputs();
    compileInputs();
  });

  it.each(CASES)('are as graphql coerces them: %s', (what, variables) => {
    expect(coerced(variables)).toEqual(before.get(what));
  });

  it('are coerced by what is made once for their types', () => {
    const where = schema.getType('Where') as GraphQLInputObjectType;
    const fields = vi.spyOn(where, 'getFields');
    const definitions = (parse('query ($where: Where) { a }').definitions[0] as OperationDefinitionNode)
      .variableDefinitions;
    const read = (value: object) => getVariableValues(schema, definitions ?? [], { where: value });
    read({});
    fields.mockClear();
    expect(read({ not: { key: 'a' } }).coerced).toEqual({ where: { least: 0.5, not: { least: 0.5, key: 'a' } } });
    expect(fields).not.toHaveBeenCalled();
    expect(read({ other: 1 }).errors).toHaveLength(1);
    expect(fields).toHaveBeenCalled();
  });
});
