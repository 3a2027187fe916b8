import { describe, expect, it } from 'vitest';
import { Budget } from '../../src/lib/budget.ts';

describe('a budget', () => {
  it('starts full, and comes back evenly over a minute', () => {
    const budget = new Budget(600, 0);
    budget.take(600, 0);
    expect(budget.emptyForMs(0)).toBe(100);
    expect(budget.emptyForMs(60)).toBe(40);
    expect(budget.emptyForMs(100)).toBe(0);
  });

  it('holds at most what comes back in a minute', () => {
    const budget = new Budget(600, 0);
    budget.take(600, 1_000_000);
    expect(budget.emptyForMs(1_000_000)).toBe(100);
  });

  it('lets more be taken than is left, which comes back first', () => {
    const budget = new Budget(600, 0);
    budget.take(1_200, 0);
    expect(budget.emptyForMs(0)).toBe(60_100);
  });

  it('does not lose anything to a clock that stands still or goes back', () => {
    const budget = new Budget(600, 1_000);
    budget.take(600, 1_000);
    expect(budget.emptyForMs(0)).toBe(100);
    expect(budget.emptyForMs(1_100)).toBe(0);
  });
});
