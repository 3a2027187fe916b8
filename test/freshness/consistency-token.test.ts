import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeToken, encodeToken, mergeTokens, tokenScope } from '../../src/freshness/consistency-token.ts';
import { signText } from '../../src/lib/signed-text.ts';
import { OTHER_KEY, SIGNING_KEY, testScope } from '../support/signing-key.ts';

const shards = ['s0', 's1', 'größe'];
const scope = testScope(...shards);
const refused = (message: RegExp) =>
  expect.objectContaining({ code: 'BAD_FRESHNESS', message: expect.stringMatching(message) });
const decoding = (text: string) => () => decodeToken(text, scope);
const tokens = fc.record({
  positions: fc
    .uniqueArray(fc.tuple(fc.constantFrom(...shards), fc.bigInt(0n, 2n ** 64n - 1n)), { selector: ([shard]) => shard })
    .map((entries) => new Map(entries)),
  catalogRevision: fc.nat(2 ** 48 - 1),
});

describe('a consistency token', () => {
  it('is unchanged after a round trip through its text', () => {
    fc.assert(
      fc.property(tokens, (token) => void expect(decodeToken(encodeToken(token, scope), scope)).toEqual(token)),
    );
  });

  it('has one text, in whatever order its positions came together', () => {
    fc.assert(
      fc.property(tokens, ({ positions, catalogRevision }) => {
        const reversed = new Map([...positions].reverse());
        const [text, other] = [positions, reversed].map((one) =>
          encodeToken({ positions: one, catalogRevision }, scope),
        );
        expect(text).toBe(other);
      }),
    );
  });

  it('means the same to a process that knows further shards, in any order', () => {
    const later = testScope('s3', ...[...shards].reverse(), 's4');
    fc.assert(
      fc.property(tokens, (token) => void expect(decodeToken(encodeToken(token, scope), later)).toEqual(token)),
    );
  });

  it('takes less than 300 characters for 16 shards', () => {
    const many = Array.from({ length: 16 }, (_, index) => `a-shard-with-a-long-name-${index}`);
    const positions = new Map(many.map((shard) => [shard, 2n ** 64n - 1n]));
    const text = encodeToken({ positions, catalogRevision: 2 ** 48 - 1 }, testScope(...many));
    expect(text.length).toBeLessThan(300);
  });

  it('is refused when any character of it is changed, removed or added', () => {
    const text = encodeToken({ positions: new Map([['s0', 123_456n]]), catalogRevision: 9 }, scope);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('', '-', 'A', 'AA', '%', '='), (at, instead) => {
        const changed = text.slice(0, at) + instead + text.slice(at + 1);
        fc.pre(changed !== text);
        expect(decoding(changed)).toThrow(refused(/malformed, was changed/));
      }),
    );
  });

  it('is refused when it is anything else', () => {
    fc.assert(fc.property(fc.string(), (text) => void expect(decoding(text)).toThrow(refused(/malformed/))));
    expect(decoding('A'.repeat(100_000))).toThrow(refused(/too long/));
  });

  it('is refused when another installation made it', () => {
    const other = encodeToken({ positions: new Map([['s0', 1n]]), catalogRevision: 0 }, tokenScope(OTHER_KEY, ['s0']));
    expect(decoding(other)).toThrow(refused(/belongs to another installation/));
  });

  it('is refused when it is a signed text of another kind', () => {
    const bytes = Buffer.from(encodeToken({ positions: new Map(), catalogRevision: 0 }, scope), 'base64url');
    expect(decoding(signText(bytes.subarray(0, -16), 'cursor of entities', SIGNING_KEY))).toThrow(refused(/malformed/));
  });

  it.each([
    // Positions 42 of s0 and 7 of s1, as versions 1 and 2 encoded them, the latter with catalog revision 9.
    'AV8MfB6dW0xTilkLHzo_bxEAAgJzMAAAAAAAAAAqAnMxAAAAAAAAAAexbTzY',
    'Al8MfB6dW0xTilkLHzo_bxEAAgAAAAAACQJzMAAAAAAAAAAqAnMxAAAAAAAAAAeZgJ5F',
  ])('of a version that did not sign is refused with what to do', (text) => {
    expect(decoding(text)).toThrow(refused(/made before tokens were signed; omit it once/));
  });

  it('of a later version is refused', () => {
    const later = signText(Buffer.from([4, 0, 0, 0, 0, 0, 0]), 'consistency token', SIGNING_KEY);
    expect(decoding(later)).toThrow(refused(/made by a later version/));
  });

  it('is refused when it names a shard that does not exist', () => {
    const other = encodeToken({ positions: new Map([['s9', 1n]]), catalogRevision: 0 }, testScope('s9'));
    expect(decoding(other)).toThrow(refused(/names a shard that ATLAS_SHARDS of this server lacks/));
  });

  it('merges with another to the furthest position of each shard and the later catalog', () => {
    const a = {
      positions: new Map([
        ['s0', 10n],
        ['s1', 5n],
      ]),
      catalogRevision: 12,
    };
    const b = {
      positions: new Map([
        ['s1', 7n],
        ['größe', 1n],
      ]),
      catalogRevision: 11,
    };
    const both = {
      positions: new Map([
        ['s0', 10n],
        ['s1', 7n],
        ['größe', 1n],
      ]),
      catalogRevision: 12,
    };
    expect(mergeTokens(a, b)).toEqual(both);
    expect(mergeTokens(b, a)).toEqual(both);
    expect(mergeTokens(null, a)).toBe(a);
    expect(mergeTokens(a, null)).toBe(a);
    const [first, second] = [encodeToken(a, scope), encodeToken(b, scope)];
    expect(decodeToken(`${first},${second}`, scope)).toEqual(both);
    expect(decodeToken(`${second} , ${first}`, scope)).toEqual(both);
    expect(decoding(`${first},`)).toThrow(refused(/malformed/));
  });

  it('is refused if one of several is', () => {
    const good = encodeToken({ positions: new Map(), catalogRevision: 1 }, scope);
    expect(decoding(`${good}, x`)).toThrow(refused(/malformed/));
  });
});

it('tells all shards apart, or says which it cannot', () => {
  // Two texts with the CRC-32 4ddb0c25.
  expect(() => testScope('plumless', 's0', 'buckeroo')).toThrow('plumless and buckeroo have the same CRC-32');
});
