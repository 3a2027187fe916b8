import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeToken, encodeToken, mergeTokens } from '../../src/freshness/consistency-token.ts';

const cluster = '5f0c7c1e-9d5b-4c53-8a59-0b1f3a3f6f11';
const scope = { cluster, shards: ['s0', 's1', 'größe'] };
const refused = (message: RegExp) =>
  expect.objectContaining({ code: 'BAD_FRESHNESS', message: expect.stringMatching(message) });
const decoding = (text: string) => () => decodeToken(text, scope);

describe('a consistency token', () => {
  it('is unchanged after a round trip through its text', () => {
    const positions = fc.uniqueArray(fc.tuple(fc.constantFrom(...scope.shards), fc.bigInt(0n, 2n ** 64n - 1n)), {
      selector: ([shard]) => shard,
    });
    fc.assert(
      fc.property(positions, fc.nat(2 ** 48 - 1), (entries, catalogRevision) => {
        const token = { cluster, positions: new Map(entries), catalogRevision };
        expect(decodeToken(encodeToken(token), scope)).toEqual(token);
      }),
    );
  });

  it('takes less than 300 characters for 16 shards', () => {
    const shards = Array.from({ length: 16 }, (_, index) => `s${index}`);
    const positions = new Map(shards.map((shard) => [shard, 2n ** 64n - 1n]));
    expect(encodeToken({ cluster, positions, catalogRevision: 2 ** 48 - 1 }).length).toBeLessThan(300);
  });

  it('of version 1, from before an upgrade, is accepted and needs no catalog', () => {
    // As version 1 encoded positions 42 of s0 and 7 of s1.
    const text = 'AV8MfB6dW0xTilkLHzo_bxEAAgJzMAAAAAAAAAAqAnMxAAAAAAAAAAexbTzY';
    const positions = new Map([
      ['s0', 42n],
      ['s1', 7n],
    ]);
    expect(decodeToken(text, scope)).toEqual({ cluster, positions, catalogRevision: 0 });
  });

  it('is refused when any character of it is changed, removed or added', () => {
    const text = encodeToken({ cluster, positions: new Map([['s0', 123_456n]]), catalogRevision: 9 });
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('', '-', 'A', 'AA', '%', '='), (at, instead) => {
        const changed = text.slice(0, at) + instead + text.slice(at + 1);
        fc.pre(changed !== text);
        expect(decoding(changed)).toThrow(refused(/malformed/));
      }),
    );
  });

  it('is refused when it is anything else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(decoding(text)).toThrow(refused(/malformed/));
      }),
    );
    expect(decoding('A'.repeat(100_000))).toThrow(refused(/malformed/));
  });

  it('is refused when it comes from another cluster', () => {
    const other = encodeToken({
      cluster: cluster.replace('5f', '6f'),
      positions: new Map([['s0', 1n]]),
      catalogRevision: 0,
    });
    expect(decoding(other)).toThrow(refused(/another installation/));
  });

  it('is refused when it names a shard that does not exist', () => {
    expect(decoding(encodeToken({ cluster, positions: new Map([['s9', 1n]]), catalogRevision: 0 }))).toThrow(
      refused(/another installation/),
    );
  });

  it('merges with another to the furthest position of each shard and the later catalog', () => {
    const a = {
      cluster,
      positions: new Map([
        ['s0', 10n],
        ['s1', 5n],
      ]),
      catalogRevision: 12,
    };
    const b = {
      cluster,
      positions: new Map([
        ['s1', 7n],
        ['größe', 1n],
      ]),
      catalogRevision: 11,
    };
    const positions = new Map([
      ['s0', 10n],
      ['s1', 7n],
      ['größe', 1n],
    ]);
    expect(mergeTokens(a, b)).toEqual({ cluster, positions, catalogRevision: 12 });
    expect(mergeTokens(b, a)).toEqual({ cluster, positions, catalogRevision: 12 });
    expect(mergeTokens(null, a)).toBe(a);
    expect(mergeTokens(a, null)).toBe(a);
  });
});
