/** A node of a plan as EXPLAIN (FORMAT JSON) writes it. */
export interface PlanNode {
  readonly 'Total Cost': number;
  readonly 'Plan Rows': number;
  /** `SubPlan`: run for each row that its parent returns, if the expression that contains it comes to it. */
  readonly 'Parent Relationship'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** What is done with a row that subplans belong to, above where it comes from. */
const ROW_COST = 0.05;

/**
 * What the planner expects a plan to cost, in its own unit, which is about the reading of a page in order. Without subplans: the planner takes
 * them to be run for every row, but those of EntitySource.wholeValue hardly ever are, and would cost a hundred times what all the rest does.
 */
export function planCost(node: PlanNode): number {
  if (!hasSubplan(node)) return node['Total Cost'];
  const parts = node.Plans ?? [];
  const inputs = parts.filter((part) => !isSubplan(part));
  const above = parts.length > inputs.length ? node['Plan Rows'] * ROW_COST : 0;
  if (inputs.length > 0) return inputs.reduce((sum, input) => sum + planCost(input), above);
  const perRow = parts.reduce((sum, subplan) => sum + subplan['Total Cost'], 0);
  return above + Math.max(0, node['Total Cost'] - node['Plan Rows'] * perRow);
}

function isSubplan(node: PlanNode): boolean {
  return node['Parent Relationship'] === 'SubPlan';
}

function hasSubplan({ Plans = [] }: PlanNode): boolean {
  return Plans.some((part) => isSubplan(part) || hasSubplan(part));
}
