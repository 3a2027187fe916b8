import { expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';

it('tells the time of day, and never goes back', () => {
  const offsets = Array.from({ length: 1000 }, () => Date.now() - systemClock.now());
  // Between two readings this test may be suspended, but not in all of them.
  expect(Math.min(...offsets.map(Math.abs))).toBeLessThan(2);
  const times = Array.from({ length: 1000 }, () => systemClock.now());
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});
