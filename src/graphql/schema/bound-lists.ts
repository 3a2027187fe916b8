import {
  defaultFieldResolver,
  type GraphQLField,
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
      if (items.length < PACED_ITEMS || context.cost.isQuick) return items;
      return context.cost.isOneTurn && areThere(items) ? inOneTurn(items, context) : paced(items, context);
    };
    return list instanceof Promise ? list.then(taken) : taken(list);
  };
}

function areThere(items: readonly unknown[]): boolean {
  return !items.some((item) => item instanceof Promise);
}

/** The same items, in the next turn that is free. A promise for each would take longer than completing them. */
async function inOneTurn(items: readonly unknown[], { signal }: RequestContext): Promise<readonly unknown[]> {
  await eventLoopTurns.share();
  signal.throwIfAborted();
  return items;
}

/** The same items, some after those before. Once the signal has aborted, those that are left fail with its reason. */
function paced(items: readonly unknown[], { signal, schedule }: RequestContext): Promise<unknown>[] {
  // Items that are loaded cannot be waited for.
  const isThere = areThere(items);
  if (isThere) schedule.beginList();
  const all: Promise<unknown>[] = [];
  let turn = eventLoopTurns.share();
  for (let start = 0; start < items.length; start += AT_ONCE) {
    const open = turn.then(() => signal.throwIfAborted());
    for (const item of items.slice(start, start + AT_ONCE)) {
      // One that fails before its turn comes is handled then.
      if (item instanceof Promise) item.catch(() => {});
      all.push(open.then(() => item));
    }
    turn = (all.at(-1) ?? open).then(nextTurn, nextTurn);
  }
  const end = () => schedule.endList();
  if (isThere) void all.at(-1)?.then(end, end);
  return all;
}

function nextTurn(): Promise<void> {
  return eventLoopTurns.share();
}
