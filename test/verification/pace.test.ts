import { describe, expect, it } from 'vitest';
import { type Pace, passIntervalMs, pauseAfter } from '../../src/verification/pace.ts';

const DAY = 86_400_000;
const pace: Pace = { periodMs: DAY, minRowsPerSecond: 100, maxRowsPerSecond: 5_000, rest: 3 };
/** The rate that a pause of a chunk that took no time makes. */
const rate = (left: { entities: number | null; elapsedMs: number }) => 1_000_000 / pauseAfter(pace, 1_000, 0, left);

describe('the pace of continuous verification', () => {
  it('spreads a pass over nine tenths of half the period', () => {
    expect(rate({ entities: 50_000_000, elapsedMs: 0 })).toBeCloseTo(50_000_000 / (0.45 * 86_400), 5);
  });

  it('catches up within what is left', () => {
    expect(rate({ entities: 25_000_000, elapsedMs: 0.25 * DAY })).toBeCloseTo(25_000_000 / (0.2 * 86_400), 5);
  });

  it('is never slower than the floor, nor faster than the ceiling', () => {
    expect(rate({ entities: 1_000, elapsedMs: 0 })).toBeCloseTo(100, 5);
    expect(rate({ entities: 1e12, elapsedMs: 0 })).toBeCloseTo(5_000, 5);
    expect(rate({ entities: null, elapsedMs: 0 })).toBeCloseTo(5_000, 5);
    expect(rate({ entities: 10, elapsedMs: DAY })).toBeCloseTo(5_000, 5);
  });

  it('counts the time that the chunk took, and leaves three times as much to others', () => {
    expect(pauseAfter(pace, 1_000, 2_000, { entities: 1_000, elapsedMs: 0 })).toBe(8_000);
    expect(pauseAfter(pace, 1_000, 4_000, { entities: 1_000, elapsedMs: 0 })).toBe(12_000);
  });

  it('begins two passes a period', () => {
    expect(passIntervalMs(pace)).toBe(DAY / 2);
  });
});
