import DataLoader from 'dataloader';
import { buildSchema, type GraphQLObjectType, type GraphQLResolveInfo, graphql } from 'graphql';
import { describe, expect, it } from 'vitest';
import { boundLists } from '../../../src/graphql/schema/bound-lists.ts';
import { fieldsOfItem } from '../../../src/graphql/schema/fields-of-item.ts';
import { LoadSchedule } from '../../../src/loaders/load-schedule.ts';

const SDL = `
  interface Named { name: String }
  type Item implements Named { id: ID!, name: String, loaded: Int, list: List!, tags: [String!]! }
  type List { items: [Item!]!, name: String }
  union Any = Item | List
  type Query { lists: [List!]!, items: [Item!]!, any: [Any!]!, named: [Named!]!, list: List! }`;

interface Answer {
  readonly data: unknown;
  readonly errors: readonly string[];
  /** The sizes of what was loaded at once. */
  readonly batches: readonly number[];
  /** How often the event loop turned meanwhile. */
  readonly turns: number;
}

/** Runs a request that is not quick over this data. */
async function run(source: string, rootValue: object, signal = new AbortController().signal): Promise<Answer> {
  const schema = buildSchema(SDL);
  const item = schema.getType('Item') as GraphQLObjectType;
  const loaded = item.getFields().loaded;
  if (loaded !== undefined) loaded.resolve = ({ id }, _given, context) => context.loader.load(Number(id));
  boundLists(schema);
  const schedule = new LoadSchedule();
  const batches: number[] = [];
  const load = async (keys: readonly number[]) => {
    batches.push(keys.length);
    return keys;
  };
  const loader = new DataLoader<number, number>(load, { batchScheduleFn: schedule.whenComplete });
  const cost = { charge: () => {}, isQuick: false };
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const contextValue = { cost, signal, schedule, loader };
  const { data, errors = [] } = await graphql({ schema, source, rootValue, contextValue });
  isOver = true;
  return { data, errors: errors.map(({ message }) => message), batches, turns };
}

const items = (many: number, from = 0) => Array.from({ length: many }, (_, n) => ({ id: String(from + n), name: 'a' }));

describe('a long list of a request that is not quick', () => {
  it.each([30, 900, 5_000])('of %i items keeps their order, and loads for all of them at once', async (many) => {
    const { data, errors, batches } = await run('{ items { id loaded } }', { items: items(many) });
    expect(errors).toEqual([]);
    expect(data).toEqual({ items: items(many).map(({ id }) => ({ id, loaded: Number(id) })) });
    expect(batches).toEqual([many]);
  });

  it('loads at once what the items of all lists in it ask for', async () => {
    const lists = Array.from({ length: 25 }, (_, n) => ({ items: items(22, n * 22) }));
    const { errors, batches } = await run('{ lists { items { id loaded } } }', { lists });
    expect(errors).toEqual([]);
    expect(batches).toEqual([25 * 22]);
  });

  it('lets the event loop turn while lists in it are completed', async () => {
    const tags = Array.from({ length: 15 }, String);
    const many = items(2_000).map((item) => ({ ...item, tags }));
    const { errors, turns } = await run('{ items { id a: tags b: tags c: tags d: tags e: tags } }', { items: many });
    expect(errors).toEqual([]);
    expect(turns).toBeGreaterThan(3);
  });

  it.each([30, 5_000])('of %i items ends with the reason of its request', async (many) => {
    const over = new AbortController();
    over.abort(new Error('gone'));
    const { data, errors } = await run('{ items { id } }', { items: items(many) }, over.signal);
    expect([data, errors]).toEqual([null, ['gone']]);
  });

  it('fails with the item that fails', async () => {
    const failing = [...items(30), new Error('broken'), Promise.reject(new Error('later'))];
    const { data, errors } = await run('{ items { id } }', { items: failing });
    expect(data).toBeNull();
    expect(errors).toEqual(['broken']);
    const some = await run('{ list { items { id } } }', { list: { items: [...items(30), new Error('broken')] } });
    expect(some.errors).toEqual(['broken']);
  });
});

describe('the fields of an item', () => {
  async function fieldsOf(selection: string, field = 'items'): Promise<number> {
    const schema = buildSchema(SDL);
    let counted = Number.NaN;
    const root = schema.getQueryType()?.getFields()[field];
    if (root !== undefined) {
      root.resolve = (_source, _given, _context, info: GraphQLResolveInfo) => {
        counted = fieldsOfItem(info);
        expect(fieldsOfItem(info)).toBe(counted);
        return [];
      };
    }
    const { errors } = await graphql({ schema, source: selection });
    expect(errors).toBeUndefined();
    return counted;
  }

  it.each([
    ['{ items { id } }', 'items', 2],
    ['{ items { id name a: name __typename } }', 'items', 5],
    ['{ items { id } items { name } }', 'items', 3],
    ['{ items { ...f ... on Item { name } ... { id } } } fragment f on Item { id list { name } }', 'items', 6],
    ['{ any { __typename ... on Item { id } ... on List { name } } }', 'any', 4],
    ['{ named { name ... on Item { id } } }', 'named', 3],
    ['{ items { id tags } }', 'items', Number.POSITIVE_INFINITY],
    ['{ items { list { items { id } } } }', 'items', Number.POSITIVE_INFINITY],
    ['{ any { ... on List { ...f } } } fragment f on List { items { id } }', 'any', Number.POSITIVE_INFINITY],
  ])('of %s', async (selection, field, expected) => {
    expect(await fieldsOf(selection, field)).toBe(expected);
  });
});
