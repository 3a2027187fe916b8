import { AtlasError } from '../errors.ts';
import { compareGroups, type GroupKeys, type GroupValues, groupId } from './group.ts';

export interface GroupCount {
  readonly group: GroupValues;
  readonly count: bigint;
}

/** What one source counts: all groups, or, if they are more than it may return, the largest ones. */
export interface CountedGroups {
  readonly groups: readonly GroupCount[];
  /** Null if these are all groups; otherwise the count that no other group of the source exceeds. */
  readonly othersAtMost: bigint | null;
}

export interface TopGroups {
  /** The largest first; equally large ones in the order of their values. */
  readonly groups: readonly GroupCount[];
  /** The number of all groups; null if there are more than the sources return. */
  readonly distinct: number | null;
}

interface Total extends GroupCount {
  /** At most how much the sources that do not name the group add to its count. */
  readonly unseen: bigint;
}

/**
 * The largest groups over all sources. Counts of one group add up, because an entity lives in one source. If a source names only its largest
 * groups, the answer is still exact or refused: the counts of the groups returned are complete, and no other group can reach them.
 * @throws AtlasError LIMIT_EXCEEDED if that is not certain.
 */
export function topGroups(parts: readonly CountedGroups[], keys: GroupKeys, first: number): TopGroups {
  const totals = addUp(parts);
  const inOrder = compareGroups(keys);
  const sorted = totals.sort((a, b) => Number(b.count - a.count) || inOrder(a.group, b.group));
  const groups = sorted.slice(0, first).map(({ group, count }) => ({ group, count }));
  const unnamed = parts.reduce((sum, { othersAtMost }) => sum + (othersAtMost ?? 0n), 0n);
  if (unnamed === 0n) return { groups, distinct: sorted.length };
  if (first === 0) return { groups, distinct: null };
  const least = groups.length < first ? 0n : (groups.at(-1)?.count ?? 0n);
  const isCertain =
    unnamed < least &&
    sorted.every(({ count, unseen }, place) => unseen === 0n || (place >= first && count + unseen < least));
  if (isCertain) return { groups, distinct: null };
  const named = keys.map(({ key }) => `"${key}"`).join(', ');
  throw new AtlasError(
    'LIMIT_EXCEEDED',
    `The values of ${named} are too many, and too evenly frequent, to tell which ${first} come first; use a filter, fewer keys, or a smaller first.`,
    { hint: 'Use a filter, fewer keys, or a smaller first.' },
  );
}

/** @param groups at least one. */
export function smallest(groups: readonly GroupCount[]): bigint {
  const [first = 0n, ...others] = groups.map(({ count }) => count);
  let least = first;
  for (const count of others) if (count < least) least = count;
  return least;
}

function addUp(parts: readonly CountedGroups[]): Total[] {
  const limited = parts.reduce((sum, { othersAtMost }) => sum + (othersAtMost ?? 0n), 0n);
  const totals = new Map<string, Total>();
  for (const { groups, othersAtMost } of parts) {
    const named = new Set<string>();
    for (const { group, count } of groups) {
      const id = groupId(group);
      const known = totals.get(id) ?? { group, count: 0n, unseen: limited };
      const seen = named.has(id) ? 0n : (othersAtMost ?? 0n);
      named.add(id);
      totals.set(id, { group, count: known.count + count, unseen: known.unseen - seen });
    }
  }
  return [...totals.values()];
}
