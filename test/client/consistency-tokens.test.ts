import { describe, expect, it } from 'vitest';
import { ConsistencyTokens } from '../../packages/client/src/core/consistency-tokens.ts';
import { MemoryStorage } from './support/memory-storage.ts';

const sorted = (tokens: ConsistencyTokens) => [...tokens.carry().tokens].sort();

describe('consistency tokens', () => {
  it('carry nothing before the first answer', () => {
    expect(new ConsistencyTokens().carry()).toEqual({ header: null, tokens: [], isComplete: true });
  });

  it('keep what an answer does not stand for', () => {
    const tokens = new ConsistencyTokens();
    tokens.add('a');
    const { tokens: carried } = tokens.carry();
    tokens.replace([], 'b');
    tokens.replace(carried, 'c');
    expect(sorted(tokens)).toEqual(['b', 'c']);
  });

  it('keep a token that the answer repeats', () => {
    const tokens = new ConsistencyTokens();
    tokens.add('a');
    tokens.replace(['a'], 'a');
    expect(sorted(tokens)).toEqual(['a']);
  });

  it('are carried one by one if they are long', () => {
    const tokens = new ConsistencyTokens();
    for (const token of ['a', 'b']) tokens.add(token.repeat(9_000));
    expect(tokens.carry()).toMatchObject({ header: 'b'.repeat(9_000), isComplete: false });
  });

  it('are as many as requests were under way at once, at most', () => {
    const tokens = new ConsistencyTokens();
    const underWay: (readonly string[])[] = [];
    for (let sent = 0; sent < 500; sent++) {
      if (underWay.length === 6) tokens.replace(underWay.splice((sent * 7) % 6, 1)[0] ?? [], `token ${sent}`);
      underWay.push(tokens.carry().tokens);
      expect(tokens.carry().tokens.length).toBeLessThanOrEqual(6);
    }
  });
});

describe('tabs that share a storage', () => {
  it('see what the others have seen, each with its own prefix', () => {
    const storage = new MemoryStorage();
    const [one, two] = [new ConsistencyTokens({ storage }), new ConsistencyTokens({ storage })];
    const other = new ConsistencyTokens({ storage, prefix: 'other:' });
    one.add('a');
    expect(two.carry().header).toBe('a');
    expect(other.carry().header).toBeNull();
    expect(new ConsistencyTokens().carry().header).toBeNull();
  });

  it('lose nothing when they answer at the same time', () => {
    const storage = new MemoryStorage();
    const [one, two] = [new ConsistencyTokens({ storage }), new ConsistencyTokens({ storage })];
    one.add('a');
    const [first, second] = [one.carry().tokens, two.carry().tokens];
    one.replace(first, 'b');
    two.replace(second, 'c');
    expect(sorted(new ConsistencyTokens({ storage }))).toEqual(['b', 'c']);
    one.replace(one.carry().tokens, 'd');
    expect(sorted(new ConsistencyTokens({ storage }))).toEqual(['d']);
    expect([...storage.entries.keys()]).toEqual(['theme', 'atlas:d']);
  });

  it('go on alone if the storage is full or forbidden', () => {
    const forbidden = () => {
      throw new Error('forbidden');
    };
    const storage = { length: 1, key: forbidden, setItem: forbidden, removeItem: forbidden };
    const tokens = new ConsistencyTokens({ storage });
    tokens.replace([], 'a');
    tokens.replace(['a'], 'b');
    expect(tokens.carry().header).toBe('b');
  });
});
