import type { EntityId, ShardId } from '../domain/identifiers.ts';
import type { Placement, ShardEndpoints } from '../domain/shard.ts';

/**
 * Which shard an entity lives on. Pure and total: the same id always gives the same shard while the configured shards
 * and placement stay as they are.
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
    if (range === undefined) throw new RangeError(`No shard's range holds entity ${id}`);
    return range.shard;
  }

  /** The ids of each shard, in the order given. Shards without an id are left out. */
  group(ids: Iterable<EntityId>): Map<ShardId, EntityId[]> {
    const groups = new Map<ShardId, EntityId[]>();
    for (const id of ids) {
      const shard = this.shardOf(id);
      const group = groups.get(shard);
      if (group === undefined) groups.set(shard, [id]);
      else group.push(id);
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
 * MurmurHash3's 64-bit finalizer over the id, reduced to its upper 32 bits. Neighbouring ids spread evenly.
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
