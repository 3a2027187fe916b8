import { expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';

it('returns wall-clock time and never goes back', () => {
  const offsets = Array.from({ length: 1000 }, () => Date.now() - systemClock.now());
  // The test may be suspended between two readings, but not between all of them.
  expect(Math.min(...offsets.map(Math.abs))).toBeLessThan(2);
  const times = Array.from({ length: 1000 }, () => systemClock.now());
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});
