import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNullableType,
  isListType,
  isObjectType,
} from 'graphql';
import { eventLoopTurns } from '../../lib/event-loop-turns.ts';
import type { RequestContext } from '../../resolvers/request-context.ts';

const PACED_ITEMS = 20;
/** So many items take less than a slice, unless they are lists themselves. */
const AT_ONCE = 5;
/** Fields of this cost take a quarter of a slice, or several of them if all fail: an error takes dozens of times as long as a value. */
const COST_AT_ONCE = 1_000;

/**
 * Makes each field that returns a list charge the items that the cost estimate did not count, and lets the event loop turn
 * while a request completes many items: graphql completes a list in one go. What the items load waits for the last one, and is one batch.
 */
export function boundLists(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (isListType(getNullableType(field.type))) bound(field);
    }
  }
}

function bound(field: GraphQLField<unknown, RequestContext>): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (source, args, context, info) => {
    const list: unknown = resolve(source, args, context, info);
    const taken = (items: unknown): unknown => {
      if (!Array.isArray(items)) return items;
      context.cost.charge(info.fieldNodes[0], items.length);
      return items.length >= PACED_ITEMS && !context.cost.isQuick ? paced(items, context, info) : items;
    };
    return list instanceof Promise ? list.then(taken) : taken(list);
  };
}

/** The same items, in slices. Once the signal has aborted, those that are left fail with its reason. */
function paced(items: readonly unknown[], context: RequestContext, info: GraphQLResolveInfo): unknown {
  // Items that are loaded cannot be waited for.
  if (items.some((item) => item instanceof Promise)) return inSlices(items, eventLoopTurns.share(), context);
  context.schedule.beginList();
  return sliced(items, context, Math.floor(COST_AT_ONCE / context.cost.ofItem(info.fieldNodes[0])));
}

/** @param first how many are completed in the first slice: a promise for each takes longer than its fields. */
async function sliced(items: readonly unknown[], context: RequestContext, first: number): Promise<unknown[]> {
  const { signal, schedule } = context;
  const end = () => schedule.endList();
  try {
    await eventLoopTurns.share();
    signal.throwIfAborted();
  } catch (error) {
    end();
    throw error;
  }
  const later = inSlices(items.slice(first), nextTurn(), context);
  const last = later.at(-1);
  // What is loaded is sent once promises have run, and with them the items of the first slice.
  if (last === undefined) end();
  else void last.then(end, end);
  return [...items.slice(0, first), ...later];
}

function inSlices(items: readonly unknown[], begin: Promise<void>, { signal }: RequestContext): Promise<unknown>[] {
  const all: Promise<unknown>[] = [];
  let turn = begin;
  for (let start = 0; start < items.length; start += AT_ONCE) {
    const open = turn.then(() => signal.throwIfAborted());
    for (const item of items.slice(start, start + AT_ONCE)) {
      // One that fails before its turn comes is handled then.
      if (item instanceof Promise) item.catch(() => {});
      all.push(open.then(() => item));
    }
    turn = (all.at(-1) ?? open).then(nextTurn, nextTurn);
  }
  return all;
}

function nextTurn(): Promise<void> {
  return eventLoopTurns.share();
}
