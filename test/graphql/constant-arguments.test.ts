import { buildSchema, execute, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { rememberConstantArguments } from '../../src/graphql/constant-arguments.ts';

rememberConstantArguments();
rememberConstantArguments();

const schema = buildSchema(`
  enum Way { UP DOWN }
  input Range { from: Int }
  interface Item { field(key: String = "none", way: Way, keys: [String!], range: Range): String }
  type Book implements Item { field(key: String = "book", way: Way, keys: [String!], range: Range): String }
  type Film implements Item { field(key: String = "film", way: Way, keys: [String!], range: Range): String }
  type Query { items: [Item!]! }
`);

/** The arguments of each item's field: as graphql gives them, and as text. */
function argumentsOf(query: string, variableValues: Record<string, unknown> = {}, document = parse(query)) {
  const given: object[] = [];
  const field = (args: object): string => {
    given.push(args);
    return JSON.stringify(args);
  };
  const items = ['Book', 'Film', 'Book'].map((__typename) => ({ __typename, field }));
  const result = execute({ schema, document, rootValue: { items }, variableValues });
  if (result instanceof Promise) throw new Error('Nothing here takes time');
  return { given, result, texts: given.map((args) => JSON.stringify(args)) };
}

describe('the arguments of a field', () => {
  it('are computed once if they are scalars of the document, for each type that the field is of', () => {
    const document = parse('{ items { field(way: UP) } }');
    const [first, second] = [argumentsOf('', {}, document), argumentsOf('', {}, document)];
    const [book, film] = ['{"key":"book","way":"UP"}', '{"key":"film","way":"UP"}'];
    expect([first.texts, second.texts]).toEqual([
      [book, film, book],
      [book, film, book],
    ]);
    const same = parse('{ items { ... on Book { field(key: "a", way: null) } } }');
    const [before, after] = [argumentsOf('', {}, same).given, argumentsOf('', {}, same).given];
    expect(before[0]).toEqual({ key: 'a', way: null });
    for (const args of [...before, ...after]) expect(args).toBe(before[0]);
    expect(Object.isFrozen(before[0])).toBe(true);
  });

  it.each([
    ['a variable', '($v: String) { items { field(key: $v) } }', [{ v: 'a' }, { v: 'b' }, {}]],
    ['a variable in a list', '($v: String!) { items { field(keys: [$v]) } }', [{ v: 'a' }, { v: 'b' }]],
    ['a variable in an object', '($v: Int) { items { field(range: { from: $v }) } }', [{ v: 1 }, { v: 2 }, {}]],
  ])('are those of each request with %s', (_case, operation, requests) => {
    const document = parse(`query ${operation}`);
    const texts = requests.map((variables) => argumentsOf('', variables, document).texts[0]);
    expect(new Set(texts).size).toBe(requests.length);
    for (const [n, { v }] of (requests as { v?: unknown }[]).entries()) {
      if (v !== undefined) expect(texts[n]).toContain(JSON.stringify(v));
    }
  });

  it('are objects of their own if they have a list or an object, which a resolver might change', () => {
    for (const query of ['{ items { field(keys: "a") } }', '{ items { field(range: { from: 1 }) } }']) {
      const [a, , b] = argumentsOf(query).given;
      expect(a).toEqual(b);
      expect(a).not.toBe(b);
    }
  });

  it('are refused for every object', () => {
    const { result } = argumentsOf('{ items { field(way: SIDEWAYS) } }');
    expect(result.errors?.map(({ path }) => path?.[1])).toEqual([0, 1, 2]);
  });
});
