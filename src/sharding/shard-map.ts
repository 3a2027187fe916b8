import type { EntityId, ShardId } from '../domain/identifiers.ts';
import type { Placement, ShardEndpoints } from '../domain/shard.ts';

/**
 * Maps entity ids to shards. An id always maps to the same shard as long as the configured shards and placement do not
 * change.
 */
export class ShardMap {
  readonly shards: readonly ShardEndpoints[];
  readonly #rangeStarts: readonly { from: bigint; shard: ShardId }[] | null;

  constructor(shards: readonly ShardEndpoints[], placement: Placement) {
    this.shards = shards;
    this.#rangeStarts =
      placement.kind === 'range'
        ? placement.ranges.map(({ from, shard }) => ({ from: BigInt(from), shard })).reverse()
        : null;
  }

  shardOf(id: EntityId): ShardId {
    if (this.#rangeStarts === null) return this.#at(hash32(id) % this.shards.length);
    const value = BigInt(id);
    const range = this.#rangeStarts.find(({ from }) => value >= from);
    if (range === undefined) throw new RangeError(`No shard range contains entity ${id}`);
    return range.shard;
  }

  /** Groups items by the shard of their id, in the given order. Shards without items are omitted. */
  group<T>(items: Iterable<T>, idOf: (item: T) => EntityId): Map<ShardId, T[]> {
    const groups = new Map<ShardId, T[]>();
    for (const item of items) {
      const shard = this.shardOf(idOf(item));
      const group = groups.get(shard);
      if (group === undefined) groups.set(shard, [item]);
      else group.push(item);
    }
    return groups;
  }

  #at(index: number): ShardId {
    const shard = this.shards[index];
    if (shard === undefined) throw new RangeError(`No shard at ${index}`);
    return shard.id;
  }
}

/**
 * The 64-bit finalizer of MurmurHash3, reduced to its upper 32 bits. Spreads consecutive ids evenly.
 * Source: https://github.com/aappleby/smhasher, fmix64. Changing it would misplace every stored entity.
 */
function hash32(id: EntityId): number {
  const mask = 0xffffffffffffffffn;
  let k = BigInt(id);
  k ^= k >> 33n;
  k = (k * 0xff51afd7ed558ccdn) & mask;
  k ^= k >> 33n;
  k = (k * 0xc4ceb9fe1a85ec53n) & mask;
  k ^= k >> 33n;
  return Number(k >> 32n);
}
