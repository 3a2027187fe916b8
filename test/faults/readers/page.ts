import { checkReported } from '../checker/check-report.ts';
import { boundsOf, countComplaint } from '../checker/check-selection.ts';
import { checkState } from '../checker/check-states.ts';
import { asRead, promised, promisedFor } from '../checker/promise.ts';
import { type AnsweredEntity, observed } from '../client/observed.ts';
import type { EntityHistory, Version } from '../model/entity-history.ts';
import type { ObservedEntity } from '../model/entity-state.ts';
import { ENTITY_FIELDS, TYPE } from '../model/schema.ts';
import type { World } from '../model/world.ts';
import { checkSnapshots } from './entities-by-id.ts';
import type { Judge, ReadKind, Shown } from './read.ts';
import { anyOrder, anySelection, type Order, type Placed, type Selection } from './selections.ts';

interface AnsweredPage {
  readonly edges: readonly { readonly node: AnsweredEntity }[];
  readonly pageInfo: { readonly hasNextPage: boolean };
  readonly totalCount?: number | string;
}

interface Asked {
  readonly selection: Selection;
  readonly order: Order;
  readonly first: number;
}

/** The first page of a filtered and ordered list, sometimes with its count. */
export const page: ReadKind = {
  name: 'entities',
  plan({ world, tenant, random }) {
    const asked = { selection: anySelection(random), order: anyOrder(random), first: random.pick([3, 10, 100]) };
    const counted = random.chance(0.3) ? 'totalCount' : '';
    return {
      query: `query ($filter: EntityFilter, $orderBy: [EntityOrder!], $first: Int, $freshness: FreshnessInput) {
        entities(type: "${TYPE}", filter: $filter, orderBy: $orderBy, first: $first, freshness: $freshness) {
          edges { node { ${ENTITY_FIELDS} } } pageInfo { hasNextPage } ${counted} } }`,
      variables: { filter: asked.selection.filter, orderBy: asked.order.orderBy, first: asked.first },
      check: (judge) => {
        if (judge.answer.errors.length > 0) return [];
        return checkPage(world, tenant, asked, judge.answer.data?.entities as AnsweredPage, judge);
      },
    };
  },
};

function checkPage(world: World, tenant: number, asked: Asked, answered: AnsweredPage, judge: Judge): Shown {
  const { answer, complain, required, requirement } = judge;
  const shown: (readonly [EntityHistory, Version])[] = [];
  const nodes: (ObservedEntity & Placed)[] = [];
  for (const { node } of answered.edges) {
    checkReported(answer, node.freshness, requirement, complain);
    const history = world.known(tenant, node.id);
    const found = observed(node);
    if (history === undefined || found.state === null) {
      complain('torn', `Entity ${node.id} was never written for tenant ${tenant}`);
      continue;
    }
    if (!asked.selection.selects(found.state) || found.state.type !== TYPE) {
      complain('mismatch', `Entity ${node.id} does not match the filter of its page: ${found.text}`, history);
    }
    const version = checkState(history, found, required(history, promised(answer, asRead(node.freshness))), complain);
    if (version !== null) shown.push([history, version]);
    nodes.push({ ...found, state: found.state });
  }
  checkOrder(nodes, asked, judge);
  checkSnapshots(world, shown, answer.freshness?.reads ?? [], complain);
  checkCompleteness(world, tenant, asked, answered, nodes, judge);
  return shown;
}

function checkOrder(nodes: readonly Placed[], { order, first }: Asked, { complain }: Judge): void {
  if (new Set(nodes.map(({ id }) => id)).size < nodes.length) {
    complain('duplicated', `An entity is on the page more than once: ${nodes.map(({ id }) => id)}`);
  }
  if (nodes.length > first) complain('mismatch', `${nodes.length} nodes on a page of ${first}`);
  for (const [index, node] of nodes.entries()) {
    const next = nodes[index + 1];
    if (next !== undefined && order.compare(node, next) > 0) {
      complain('mismatch', `Entity ${node.id} comes before ${next.id} on the page`);
    }
  }
}

/** Every entity that certainly matches is on the page, unless its place may be after the page. */
function checkCompleteness(
  world: World,
  tenant: number,
  { selection, order }: Asked,
  { pageInfo, totalCount }: AnsweredPage,
  nodes: readonly Placed[],
  { answer, complain, required }: Judge,
): void {
  const moments = new Map(world.shards.map((shard) => [shard, promisedFor(answer, shard)]));
  if ([...moments.values()].includes(null)) {
    complain('report', 'extensions.freshness does not cover every shard of the page');
    return;
  }
  const requiredHere = (history: EntityHistory) =>
    required(history, moments.get(history.shard) ?? { includes: Number.NEGATIVE_INFINITY, before: Infinity });
  const selects = (state: Placed['state']) => state.type === TYPE && selection.selects(state);
  const bounds = boundsOf(world.entities(tenant), requiredHere, selects);
  const onPage = new Set(nodes.map(({ id }) => id));
  const last = nodes.at(-1);
  for (const history of bounds.sure) {
    if (onPage.has(history.id)) continue;
    const { moment, floor } = requiredHere(history);
    const isBefore = ({ state }: Version) =>
      last !== undefined && state !== null && order.compare({ id: history.id, state }, last) < 0;
    if (pageInfo.hasNextPage && !history.window(moment, floor).every(isBefore)) continue;
    complain(
      'lost',
      `Entity ${history.id} certainly belongs on the page; everything up to ${moment.includes} is promised`,
      history,
    );
  }
  if (totalCount === undefined) return;
  const wrong = countComplaint(Number(totalCount), bounds);
  if (wrong !== null) complain(wrong[0], `totalCount: ${wrong[1]}`);
}
