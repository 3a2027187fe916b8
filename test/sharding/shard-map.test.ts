import { describe, expect, it } from 'vitest';
import { ShardMap } from '../../src/sharding/shard-map.ts';

const shards = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ id: `s${n}`, primary: 'postgres://p', replicas: [] }));

describe('ShardMap', () => {
  it('places an id by the upper half of its fmix64, as every stored entity was placed', () => {
    const map = new ShardMap(shards(1_000), { kind: 'hash' });
    // fmix64(1) = 0xb456bcfc34c2cb2c, fmix64(2) = 0x3abf2a20650683e7
    expect(map.shardOf('1')).toBe(`s${0xb456bcfc % 1_000}`);
    expect(map.shardOf('2')).toBe(`s${0x3abf2a20 % 1_000}`);
  });

  it('computes the hash as it is defined, for ids of any length', () => {
    const defined = (id: string) => {
      let k = BigInt(id);
      const mask = 2n ** 64n - 1n;
      k ^= k >> 33n;
      k = (k * 0xff51afd7ed558ccdn) & mask;
      k ^= k >> 33n;
      k = (k * 0xc4ceb9fe1a85ec53n) & mask;
      return Number((k ^ (k >> 33n)) >> 32n);
    };
    const map = new ShardMap(shards(997), { kind: 'hash' });
    let id = 1n;
    for (let n = 0; n < 20_000; n++) {
      id = (id * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & (2n ** 63n - 1n);
      const text = String((id >> BigInt(n % 62)) + 1n);
      expect(map.shardOf(text), text).toBe(`s${defined(text) % 997}`);
    }
    expect(map.shardOf('9223372036854775807')).toBe(`s${defined('9223372036854775807') % 997}`);
  });

  it('places an id in the range that it lies in', () => {
    const ranges = [
      { from: '1', shard: 's1' },
      { from: '100', shard: 's0' },
    ];
    const map = new ShardMap(shards(2), { kind: 'range', ranges });
    expect(['1', '99', '100', '9223372036854775807'].map((id) => map.shardOf(id))).toEqual(['s1', 's1', 's0', 's0']);
  });

  it('groups items by the shard of their ids, in the given order', () => {
    const ranges = [
      { from: '1', shard: 's0' },
      { from: '10', shard: 's1' },
    ];
    const map = new ShardMap(shards(3), { kind: 'range', ranges });
    const items = ['12', '3', '11', '1'].map((id) => ({ id }));
    const groups = map.group(items, ({ id }) => id);
    expect([...groups]).toEqual([
      ['s1', [{ id: '12' }, { id: '11' }]],
      ['s0', [{ id: '3' }, { id: '1' }]],
    ]);
  });
});
