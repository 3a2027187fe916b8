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
      fc.property(positions, (entries) => {
        const token = { cluster, positions: new Map(entries) };
        expect(decodeToken(encodeToken(token), scope)).toEqual(token);
      }),
    );
  });

  it('is refused when any character of it is changed, removed or added', () => {
    const text = encodeToken({ cluster, positions: new Map([['s0', 123_456n]]) });
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
    const other = encodeToken({ cluster: cluster.replace('5f', '6f'), positions: new Map([['s0', 1n]]) });
    expect(decoding(other)).toThrow(refused(/another installation/));
  });

  it('is refused when it names a shard that does not exist', () => {
    expect(decoding(encodeToken({ cluster, positions: new Map([['s9', 1n]]) }))).toThrow(
      refused(/another installation/),
    );
  });

  it('merges with another to the furthest position of each shard', () => {
    const a = {
      cluster,
      positions: new Map([
        ['s0', 10n],
        ['s1', 5n],
      ]),
    };
    const b = {
      cluster,
      positions: new Map([
        ['s1', 7n],
        ['größe', 1n],
      ]),
    };
    const positions = new Map([
      ['s0', 10n],
      ['s1', 7n],
      ['größe', 1n],
    ]);
    expect(mergeTokens(a, b)).toEqual({ cluster, positions });
    expect(mergeTokens(b, a)?.positions).toEqual(positions);
    expect(mergeTokens(null, a)).toBe(a);
    expect(mergeTokens(a, null)).toBe(a);
  });
});
