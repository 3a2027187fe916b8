import { boundsOf } from '../checker/check-selection.ts';
import { requiredOf } from '../checker/check-states.ts';
import { promisedFor } from '../checker/promise.ts';
import type { Requirement } from '../checker/requirement.ts';
import type { Complain } from '../checker/violation.ts';
import type { Answer } from '../client/answer.ts';
import { TYPE } from '../model/schema.ts';
import type { World } from '../model/world.ts';

const PAGE = 5;

/** The next page of a walk over all entities of a tenant, by id, after a cursor. */
export function walkQuery(after: string | null) {
  return {
    query: `query ($after: String, $freshness: FreshnessInput) {
      entities(type: "${TYPE}", first: ${PAGE}, after: $after, freshness: $freshness) {
        edges { node { id } } pageInfo { hasNextPage endCursor } } }`,
    variables: { after },
  };
}

export interface WalkPage {
  readonly edges: readonly { readonly node: { readonly id: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export function walkPage({ data, errors }: Answer): WalkPage | null {
  return errors.length > 0 || data === null ? null : (data.entities as WalkPage);
}

/** Whether a walk that has come to the end has met each entity that existed all the time, and none twice. */
export function checkWalk(
  world: World,
  tenant: number,
  answers: readonly Answer[],
  requirement: Requirement,
  complain: Complain,
): void {
  const ids = answers.flatMap((answer) => walkPage(answer)?.edges.map(({ node }) => node.id) ?? []);
  if (new Set(ids).size < ids.length) complain('duplicated', `A walk over all pages meets an entity twice: ${ids}`);
  const met = new Set(ids);
  const last = answers.at(-1);
  if (last === undefined) return;
  const always = boundsOf(
    world.entities(tenant),
    (history) => {
      const moments = answers.map((answer) => promisedFor(answer, history.shard));
      const includes = Math.min(...moments.map((moment) => moment?.includes ?? Number.NEGATIVE_INFINITY));
      return requiredOf(history, { includes, before: last.answeredAt }, requirement.after);
    },
    ({ type }) => type === TYPE,
  );
  for (const history of always.sure) {
    if (met.has(history.id)) continue;
    complain('lost', `Entity ${history.id} existed all the time, but a walk over all pages has not met it`, history);
  }
}
