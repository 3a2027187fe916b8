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
 * The 64-bit finalizer of MurmurHash3, reduced to its upper 32 bits. Spreads consecutive ids evenly. Computed in halves of 32 bits, since it
 * is run for each entity of a list, and takes ten times as long with bigint.
 * Source: https://github.com/aappleby/smhasher, fmix64. Changing it would misplace every stored entity.
 */
function hash32(id: EntityId): number {
  let [high, low] = halves(id);
  low ^= high >>> 1;
  [high, low] = [multiplyHigh(high, low, 0xff51afd7, 0xed558ccd), Math.imul(low, 0xed558ccd)];
  low ^= high >>> 1;
  return multiplyHigh(high, low, 0xc4ceb9fe, 0x1a85ec53) >>> 0;
}

/** The upper and the lower 32 bits. */
function halves(id: EntityId): [high: number, low: number] {
  if (id.length < DIGITS_OF_SAFE_INTEGERS) {
    const value = Number(id);
    return [Math.floor(value / 2 ** 32), value >>> 0];
  }
  const value = BigInt(id);
  return [Number(value >> 32n), Number(value & 0xffffffffn)];
}

const DIGITS_OF_SAFE_INTEGERS = 16;

/** Bits 32 to 63 of the product of two numbers of 64 bits, which are given in halves. */
function multiplyHigh(high: number, low: number, otherHigh: number, otherLow: number): number {
  const [a1, a0] = [low >>> 16, low & 0xffff];
  const [b1, b0] = [otherLow >>> 16, otherLow & 0xffff];
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const other = a0 * b1 + (middle & 0xffff);
  const carried = a1 * b1 + (middle >>> 16) + (other >>> 16);
  return (carried + Math.imul(high, otherLow) + Math.imul(low, otherHigh)) | 0;
}
