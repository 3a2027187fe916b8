import { describe, expect, it } from 'vitest';
import { nearestText } from '../../src/lib/nearest-text.ts';

describe('nearestText', () => {
  const keys = ['score', 'status', 'country', 'last_seen'];

  it.each([
    ['scroe', 'score'],
    ['scores', 'score'],
    ['sttus', 'status'],
    ['lastseen', 'last_seen'],
    ['status', 'status'],
  ])('finds %j to mean %j', (text, meant) => {
    expect(nearestText(text, keys)).toBe(meant);
  });

  it('takes two neighbours that changed places for one mistake', () => {
    expect(nearestText('statsu', ['state', 'status', 'stats_up'])).toBe('status');
    expect(nearestText('ocuntry', ['county', 'country'])).toBe('country');
    expect(nearestText('scoer', ['scope', 'score'])).toBe('score');
  });

  it('returns null if no candidate is close', () => {
    expect(nearestText('population', keys)).toBeNull();
    expect(nearestText('x', [])).toBeNull();
  });
});
