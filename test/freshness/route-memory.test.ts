import { describe, expect, it } from 'vitest';
import { RouteMemory } from '../../src/freshness/route-memory.ts';

const BOUND = 1_000;

/** A memory at a moment that the test chooses. */
function memory() {
  const time = { ms: 1_000_000 };
  const kept = new RouteMemory({ now: () => time.ms });
  return {
    at: (ms: number) => {
      time.ms = 1_000_000 + ms;
    },
    found: (lagMs: number | null, replica = 0) => kept.observe('s0', 'REPLICA', replica, lagMs),
    isHeld: (lagMs: number | null, bound = BOUND, replica = 0) => kept.isHeld('s0', 'REPLICA', replica, lagMs, bound),
  };
}

describe('a source that has missed a bound', () => {
  it('is held for a second, however fresh it is now', () => {
    const { at, found, isHeld } = memory();
    found(1_001);
    at(900);
    expect(isHeld(5)).toBe(true);
    at(2_100);
    expect(isHeld(5)).toBe(false);
  });

  it('is held until it is clearly within the bound', () => {
    const { at, found, isHeld } = memory();
    found(1_001);
    at(5_000);
    expect(isHeld(801)).toBe(true);
    expect(isHeld(800)).toBe(false);
  });

  it('is held until it has stayed within the bound for half a minute', () => {
    const { at, found, isHeld } = memory();
    found(1_001);
    for (let ms = 1_000; ms <= 29_000; ms += 1_000) {
      at(ms);
      found(950);
      expect(isHeld(950)).toBe(true);
    }
    at(31_100);
    expect(isHeld(950)).toBe(false);
  });

  it('is held for that bound and tighter ones only', () => {
    const { found, isHeld } = memory();
    found(1_500);
    expect([isHeld(5, 1_499), isHeld(5, 1_500), isHeld(5, 30_000)]).toEqual([true, false, false]);
  });

  it('does not hold another one', () => {
    const { found, isHeld } = memory();
    found(5_000);
    expect([isHeld(5), isHeld(5, BOUND, 1)]).toEqual([true, false]);
  });
});

describe('a source', () => {
  it('is not held if it has never missed the bound', () => {
    const { found, isHeld } = memory();
    expect(isHeld(999)).toBe(false);
    found(1_000);
    expect(isHeld(999)).toBe(false);
  });

  it('is not held by an unknown lag, which is no miss of a bound', () => {
    const { found, isHeld } = memory();
    found(null);
    expect(isHeld(5)).toBe(false);
    found(5_000);
    expect(isHeld(null)).toBe(false);
  });

  it('forgets what it was before a pause of the process', () => {
    const { at, found, isHeld } = memory();
    found(5_000);
    at(3_600_000);
    expect(isHeld(999)).toBe(false);
    found(500);
    expect(isHeld(999)).toBe(false);
  });
});
