import type { ShardId } from '../domain/identifiers.ts';

/** Per shard, a position in the primary's WAL, in bytes. It stands for every transaction whose commit lies before it. */
export type Positions = ReadonlyMap<ShardId, bigint>;

/** Whether data that contains everything before `known` contains everything before `needed`. */
export function covers(known: Positions, needed: Positions): boolean {
  for (const [shard, position] of needed) {
    if ((known.get(shard) ?? -1n) < position) return false;
  }
  return true;
}

/** The larger position of each shard. */
export function furthest(a: Positions, b: Positions): Positions {
  return merge(a, b, (known, other) => other > known);
}

/** The smaller position of each shard that has both, and the only one of each that has one. */
export function nearest(a: Positions, b: Positions): Positions {
  return merge(a, b, (known, other) => other < known);
}

function merge(a: Positions, b: Positions, isBetter: (known: bigint, other: bigint) => boolean): Positions {
  const merged = new Map(a);
  for (const [shard, position] of b) {
    const known = merged.get(shard);
    if (known === undefined || isBetter(known, position)) merged.set(shard, position);
  }
  return merged;
}
