import { describe, expect, it } from 'vitest';
import { type PlanNode, planCost } from '../../../../src/datasources/postgres/reading/plan-cost.ts';

const node = (cost: number, rows: number, plans: readonly PlanNode[] = [], as?: string): PlanNode => ({
  ...{ 'Total Cost': cost, 'Plan Rows': rows, Plans: plans },
  ...(as !== undefined && { 'Parent Relationship': as }),
});
const perRow = node(8.4, 1, [], 'SubPlan');

describe('the cost of a plan', () => {
  it('is what the planner says', () => {
    expect(planCost(node(120, 10, [node(100, 1_000, [], 'Outer')]))).toBe(120);
  });

  it('counts what is run for each row only as far as it is below it', () => {
    const projected = node(8_500, 1_000, [node(100, 1_000, [], 'Outer'), perRow], 'Outer');
    expect(planCost(node(8_600, 10, [projected, node(30, 1, [], 'InitPlan')]))).toBeCloseTo(100 + 30 + 50);
  });

  it('is that of the scan itself if it runs something for each row that it returns', () => {
    expect(planCost(node(8_500, 1_000, [perRow]))).toBeCloseTo(100 + 50);
    expect(planCost(node(8_000, 1_000, [perRow]))).toBeCloseTo(50);
  });
});
