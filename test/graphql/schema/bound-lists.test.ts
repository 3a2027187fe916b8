import DataLoader from 'dataloader';
import {
  buildSchema,
  execute,
  type GraphQLObjectType,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import { describe, expect, it, vi } from 'vitest';
import { estimateCost } from '../../../src/graphql/cost/estimate-cost.ts';
import { boundLists } from '../../../src/graphql/schema/bound-lists.ts';
import { LoadSchedule } from '../../../src/loaders/load-schedule.ts';
import { RequestCost } from '../../../src/resolvers/request-cost.ts';

const SDL = `
  type Item { id: ID!, name: String, loaded: Int, tags: [String!]! }
  type List { items: [Item!]! }
  type Query { lists: [List!]!, items: [Item!]!, list: List! }`;

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
  const document = parse(source);
  const cost = new RequestCost(1_000, { spend: () => {}, begin: async () => {}, charge: () => {} });
  const operation = getOperationAST(document) as OperationDefinitionNode;
  await cost.estimate(estimateCost({ schema, document, operation, variables: {} }, 1_000));
  vi.spyOn(cost, 'isQuick', 'get').mockReturnValue(false);
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const contextValue = { cost, signal, schedule, loader };
  const { data, errors = [] } = await execute({ schema, document, rootValue, contextValue });
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
