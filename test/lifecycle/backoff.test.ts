import { describe, expect, it } from 'vitest';
import { Backoff } from '../../src/lifecycle/backoff.ts';

const take = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.next());

describe('Backoff', () => {
  it('doubles its delay up to the longest, and starts over after a success', () => {
    const backoff = new Backoff({ firstMs: 100, longestMs: 1_000, random: () => 0 });
    expect(take(backoff, 6)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });

  it('cuts each delay by up to half, without cutting the next', () => {
    const backoff = new Backoff({ firstMs: 100, longestMs: 1_000, random: () => 1 });
    expect(take(backoff, 4)).toEqual([50, 100, 200, 400]);
  });

  it('stops waiting when the signal aborts', async () => {
    const stop = new AbortController();
    const waiting = new Backoff({ firstMs: 3_600_000 }).wait(stop.signal);
    stop.abort();
    await expect(waiting).resolves.toBeUndefined();
  });
});
