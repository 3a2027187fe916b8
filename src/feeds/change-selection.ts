import type { RoutedReads } from '../datasources/routed-reads.ts';
import type { EntityChangeRecord } from '../domain/entity-change.ts';
import type { EntityFilter } from '../domain/filter/filter.ts';
import { matchesFilter } from '../domain/filter/matches-filter.ts';
import type { EntityId, TenantId } from '../domain/identifiers.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import type { Positions } from '../freshness/positions.ts';
import type { ChangePage } from './change-page.ts';
import { type ChangedStates, changedStates } from './changed-states.ts';

/** Which changes a subscriber is told of. An erasure has no type and no state: it is told of whatever these are. */
export interface ChangeSelection {
  /** Null: all. */
  readonly ids: ReadonlySet<EntityId> | null;
  /** Null: any. */
  readonly type: string | null;
  /** Of the entity; null: any state. */
  readonly filter: EntityFilter | null;
}

/** A change that a subscriber is told of. */
export interface ChangeEvent {
  readonly record: EntityChangeRecord;
  /** Whether the entity is one of the selected after the change; otherwise it was one before. */
  readonly matches: boolean;
  /** Everything before these positions has been told with it. */
  readonly seen: Positions;
  /** Of the read that found it. */
  readonly freshness: ReadFreshness;
}

export type States = ReadonlyMap<EntityChangeRecord, ChangedStates>;

const NO_STATES: States = new Map();

/** Whether the selection may include the change; with a filter, its states decide. */
export function isCandidate({ ids, type }: ChangeSelection, record: EntityChangeRecord): boolean {
  if (ids !== null && !ids.has(record.entityId)) return false;
  return record.operation === 'ERASED' || type === null || record.type === type;
}

/**
 * What the filters of these selections need to know of a page: nothing is read unless one of them has a filter.
 * @throws AtlasError those of the reads
 */
export async function statesFor(
  selections: readonly ChangeSelection[],
  { changes, end }: ChangePage,
  { reads, tenantId, requirement }: StateReads,
): Promise<States> {
  const filtered = selections.filter(({ filter }) => filter !== null);
  const ids = new Set<EntityId>();
  for (const { record } of changes) {
    if (record.operation !== 'ERASED' && filtered.some((selection) => isCandidate(selection, record))) {
      ids.add(record.entityId);
    }
  }
  if (ids.size === 0) return NO_STATES;
  const concerned = changes.map(({ record }) => record).filter(({ entityId }) => ids.has(entityId));
  return changedStates(reads, tenantId, concerned, end, requirement);
}

export interface StateReads {
  readonly reads: RoutedReads;
  readonly tenantId: TenantId;
  readonly requirement: FreshnessRequirement;
}

/** What a subscriber is told of a page, in its order. @param states those of `statesFor` with its selection among others. */
export function eventsOf(selection: ChangeSelection, page: ChangePage, states: States): ChangeEvent[] {
  const { freshness } = page;
  return page.changes.flatMap(({ record, seen }) => {
    const matches = isCandidate(selection, record) ? matchOf(selection, record, states.get(record)) : null;
    return matches === null ? [] : [{ record, matches, seen, freshness }];
  });
}

/** Null: the entity was not selected before the change, and is not after it. */
function matchOf(
  { filter }: ChangeSelection,
  { operation }: EntityChangeRecord,
  states: ChangedStates | undefined,
): boolean | null {
  if (operation === 'ERASED') return false;
  if (filter === null) return operation !== 'DELETED';
  const { before = null, after = null } = states ?? {};
  if (after !== null && matchesFilter(after, filter)) return true;
  return before !== null && matchesFilter(before, filter) ? false : null;
}
