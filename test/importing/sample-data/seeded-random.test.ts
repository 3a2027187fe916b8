import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../src/importing/sample-data/seeded-random.ts';

describe('SeededRandom', () => {
  it('gives the same numbers for the same seed and others for another seed', () => {
    const numbers = (seed: number) => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 100 }, () => random.next());
    };
    expect(numbers(1)).toEqual(numbers(1));
    expect(numbers(1)).not.toEqual(numbers(2));
    for (const number of numbers(3)) expect(number).toSatisfy((value: number) => value >= 0 && value < 1);
  });

  it('picks in proportion to the weights', () => {
    const random = new SeededRandom(7);
    const picks = Array.from({ length: 10_000 }, () =>
      random.weighted([
        ['often', 9],
        ['seldom', 1],
        ['never', 0],
      ]),
    );
    const seldom = picks.filter((pick) => pick === 'seldom').length;
    expect(seldom).toBeGreaterThan(800);
    expect(seldom).toBeLessThan(1200);
    expect(picks).not.toContain('never');
  });
});
