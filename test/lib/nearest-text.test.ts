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

  it('returns null if no candidate is close', () => {
    expect(nearestText('population', keys)).toBeNull();
    expect(nearestText('x', [])).toBeNull();
  });
});
