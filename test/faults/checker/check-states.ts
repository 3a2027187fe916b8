import type { EntityHistory, Moment, Version } from '../model/entity-history.ts';
import type { ObservedEntity } from '../model/entity-state.ts';
import type { TokenClaim } from '../model/world.ts';
import type { Complain } from './violation.ts';

/** What an answer must contain of one entity: its moment, and what the token adds to it. */
export interface Required {
  readonly moment: Moment;
  readonly floor?: Version | undefined;
}

/** The token of a request strengthens what its answer promises. */
export function requiredOf(history: EntityHistory, moment: Moment, after: TokenClaim | null): Required {
  if (after === null) return { moment };
  const includes = Math.max(moment.includes, after.includes.get(history.shard) ?? Number.NEGATIVE_INFINITY);
  return { moment: { ...moment, includes }, floor: after.floors.get(history) };
}

/** Whether the entity has, in the answer, one of the states that it may have. @returns the version, if it is certain which. */
export function checkState(
  history: EntityHistory,
  observed: ObservedEntity,
  { moment, floor }: Required,
  complain: Complain,
): Version | null {
  if (history.isWild) return null;
  const isIt = ({ text, version }: Version) => text === observed.text && version === observed.version;
  const candidates = history.window(moment, floor).filter(isIt);
  const [candidate] = candidates;
  if (candidate !== undefined) {
    if (candidates.length > 1) return null;
    candidate.seen = true;
    return candidate;
  }
  const shown = `version ${observed.version} of entity ${history.id} of tenant ${history.tenant} (${observed.text})`;
  const when = `everything up to ${moment.includes} is promised`;
  const known = history.versions.filter(isIt);
  if (known.length === 0) complain('torn', `A state that never was: ${shown}`, history);
  else if (known.every(({ sentAt }) => sentAt > moment.before))
    complain('torn', `A state from the future: ${shown}`, history);
  else complain('lost', `An older state than promised: ${shown}; ${when}`, history);
  return null;
}

/**
 * Whether one moment exists at which all these versions of one shard were current: the answer of a Postgres server is one
 * snapshot.
 */
export function checkSnapshot(shown: readonly (readonly [EntityHistory, Version])[], complain: Complain): void {
  let [from, until] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let newest: EntityHistory | null = null;
  let oldest: EntityHistory | null = null;
  for (const [history, version] of shown) {
    const next = history.versions[history.versions.indexOf(version) + 1];
    if (version.sentAt > from) [from, newest] = [version.sentAt, history];
    if (next !== undefined && next.ackedAt < until) [until, oldest] = [next.ackedAt, history];
  }
  if (from <= until || newest === null || oldest === null) return;
  complain(
    'torn',
    `No snapshot holds both: entity ${newest.id} was written after ${from}, entity ${oldest.id} was replaced by ${until}`,
    newest,
    oldest,
  );
}
