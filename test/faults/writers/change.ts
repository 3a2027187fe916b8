import type { SeededRandom } from '../../../src/importing/sample-data/seeded-random.ts';
import { type EntityState, upserted, type Value } from '../model/entity-state.ts';
import { LEVELS, memberOf, STATUSES, TYPE } from '../model/schema.ts';

/** One row of an upsert, and the state it leaves. */
export interface Change {
  readonly set: Readonly<Record<string, Value>>;
  readonly removed: readonly string[];
  readonly after: EntityState;
}

/**
 * Every change says which it is in four places, so that a state that mixes two changes is known.
 * @param late further attributes that may be set.
 */
export function anyChange(
  before: EntityState | null,
  stamp: number,
  random: SeededRandom,
  late: readonly string[] = [],
): Change {
  const set: Record<string, Value> = {
    stamp,
    mark: `w${stamp}`,
    detail: { stamp, list: [stamp, { of: `w${stamp}` }], pad: 'x'.repeat(random.pick([0, 10, 3_000])) },
    level: random.below(LEVELS),
    status: random.pick(STATUSES),
  };
  const removed: string[] = [];
  if (before === null || random.chance(0.7)) set.share = random.below(LEVELS);
  if (before === null || random.chance(0.5)) set.flag = random.chance(0.5);
  if (random.chance(0.5)) set.seen_at = new Date(1.7e12 + stamp).toISOString();
  const [further] = late.filter(() => random.chance(0.3));
  if (further !== undefined) set[further] = `late ${stamp}`;
  if (before?.attributes.note === undefined) {
    if (random.chance(0.5)) set.note = `note ${stamp}`;
  } else if (random.chance(0.5)) removed.push('note');
  return { set, removed, after: upserted(before, TYPE, set, removed) };
}

/** As `UpsertEntityInput`. */
export function asInput(id: string, { set, removed }: Change, expectedVersion: number | null): object {
  return {
    id,
    type: TYPE,
    attributes: Object.entries(set).map(([key, value]) => ({ key, [memberOf(key)]: value })),
    removeAttributes: removed,
    ...(expectedVersion === null ? {} : { expectedVersion }),
  };
}
