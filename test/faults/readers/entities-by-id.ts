import { checkReported } from '../checker/check-report.ts';
import { checkSnapshot, checkState } from '../checker/check-states.ts';
import { asRead, promised, promisedFor } from '../checker/promise.ts';
import type { Complain } from '../checker/violation.ts';
import { type AnsweredEntity, observed } from '../client/observed.ts';
import type { EntityHistory, Version } from '../model/entity-history.ts';
import { absent } from '../model/entity-state.ts';
import { ENTITY_FIELDS } from '../model/schema.ts';
import type { World } from '../model/world.ts';
import type { Judge, ReadKind, Shown } from './read.ts';

/** `entity(id:)`. */
export const singleEntity: ReadKind = {
  name: 'entity',
  plan({ world, tenant, random }) {
    const history = random.pick(world.entities(tenant));
    return {
      query: `query ($id: ID!, $freshness: FreshnessInput) { entity(id: $id, freshness: $freshness) { ${ENTITY_FIELDS} } }`,
      variables: { id: history.id },
      check: (judge) => {
        if (judge.answer.errors.length > 0) return [];
        return checkAnswered(world, [history], [judge.answer.data?.entity as AnsweredEntity | null], judge);
      },
    };
  },
};

/** `entitiesById(ids:)`, over all shards. */
export const entitiesById: ReadKind = {
  name: 'entitiesById',
  plan({ world, tenant, random }) {
    const histories = world.entities(tenant).filter(() => random.chance(0.5));
    return {
      query: `query ($ids: [ID!]!, $freshness: FreshnessInput) { entitiesById(ids: $ids, freshness: $freshness) { ${ENTITY_FIELDS} } }`,
      variables: { ids: histories.map(({ id }) => id) },
      check: (judge) => {
        const { data, errors } = judge.answer;
        const answered = data?.entitiesById as (AnsweredEntity | null)[] | null | undefined;
        if (answered === null || answered === undefined) return [];
        if (answered.length !== histories.length) {
          judge.complain('mismatch', `${histories.length} ids, but ${answered.length} entities`);
          return [];
        }
        const failed = new Set(errors.map(({ path }) => path?.[1]));
        const isKnown = (_: unknown, index: number) => !failed.has(index);
        return checkAnswered(world, histories.filter(isKnown), answered.filter(isKnown), judge);
      },
    };
  },
};

/** Entities in the order in which they were asked for; null is one that does not exist. */
function checkAnswered(
  world: World,
  histories: readonly EntityHistory[],
  answered: readonly (AnsweredEntity | null)[],
  { answer, complain, required, requirement }: Judge,
): Shown {
  const shown: (readonly [EntityHistory, Version])[] = [];
  for (const [index, history] of histories.entries()) {
    const entity = answered[index] ?? null;
    if (entity !== null && entity.id !== history.id) {
      complain('mismatch', `Asked for entity ${history.id}, but got ${entity.id}`, history);
      continue;
    }
    if (entity !== null) checkReported(answer, entity.freshness, requirement, complain);
    const moment = entity === null ? promisedFor(answer, history.shard) : promised(answer, asRead(entity.freshness));
    if (moment === null) {
      complain('report', `No entry of extensions.freshness covers shard ${history.shard}`, history);
      continue;
    }
    const found = entity === null ? absent(history.id) : observed(entity);
    const version = checkState(history, found, required(history, moment), complain);
    if (version !== null) shown.push([history, version]);
  }
  checkSnapshots(world, shown, answer.freshness?.reads ?? [], complain);
  return shown;
}

/** Of each shard that one Postgres server has answered for. */
export function checkSnapshots(
  world: World,
  shown: Shown,
  reads: readonly { readonly shard: string | null; readonly source: string }[],
  complain: Complain,
): void {
  for (const shard of world.shards) {
    const concerned = reads.filter((read) => read.shard === shard || read.shard === null);
    const [read] = concerned;
    if (concerned.length !== 1 || read === undefined || read.source === 'CLICKHOUSE') continue;
    checkSnapshot(
      shown.filter(([history]) => history.shard === shard),
      complain,
    );
  }
}
