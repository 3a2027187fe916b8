import type { EntityHistory, Version } from '../model/entity-history.ts';
import type { EntityState } from '../model/entity-state.ts';
import type { Required } from './check-states.ts';

/** Whether an entity in this state belongs to a selection. */
export type Selects = (state: EntityState) => boolean;

/** How many entities a selection has at least and at most, given what an answer must contain of each. */
export interface Bounds {
  readonly sure: readonly EntityHistory[];
  readonly possible: readonly EntityHistory[];
}

export function boundsOf(
  entities: readonly EntityHistory[],
  requiredOf: (history: EntityHistory) => Required,
  selects: Selects,
): Bounds {
  const sure: EntityHistory[] = [];
  const possible: EntityHistory[] = [];
  for (const history of entities) {
    const { moment, floor } = requiredOf(history);
    const versions = history.window(moment, floor);
    const isSelected = ({ state }: Version) => state !== null && selects(state);
    if (history.isWild || versions.some(isSelected)) possible.push(history);
    if (!history.isWild && versions.every(isSelected)) sure.push(history);
  }
  return { sure, possible };
}

/** @returns what is wrong with a count; null if nothing is. */
export function countComplaint(count: number, { sure, possible }: Bounds): ['lost' | 'duplicated', string] | null {
  if (count < sure.length) return ['lost', `${count} counted, but ${sure.length} are certain`];
  if (count > possible.length) return ['duplicated', `${count} counted, but only ${possible.length} are possible`];
  return null;
}
