import { CLASS_BUDGET_MS, type FallbackStrategy, type FreshnessClass } from '../../../src/freshness/freshness.ts';
import type { TokenClaim } from '../model/world.ts';

/** What a read asks for. */
export interface Requirement {
  readonly class: FreshnessClass;
  readonly fallback: FallbackStrategy;
  /** Null: the budget of the class. */
  readonly maxLagMs: number | null;
  readonly after: TokenClaim | null;
  /** Null: the server's default. */
  readonly maxWaitMs: number | null;
}

/** The bound in force. */
export function boundOf({ class: freshnessClass, maxLagMs }: Requirement): number {
  const budget = CLASS_BUDGET_MS[freshnessClass];
  return maxLagMs === null ? budget : Math.min(maxLagMs, budget);
}

const PREFERRED: Readonly<Record<FreshnessClass, string>> = {
  REALTIME: 'PRIMARY',
  INTERACTIVE: 'REPLICA',
  OPERATIONAL: 'REPLICA',
  ANALYTICAL: 'CLICKHOUSE',
  BATCH: 'CLICKHOUSE',
};

export function preferredSource(requirement: Requirement): string {
  return PREFERRED[requirement.class];
}

/** Sources that may answer, by `docs/freshness.md`. Every shard of the harness has a replica. */
export function allowedSources(requirement: Requirement): readonly string[] {
  const preferred = preferredSource(requirement);
  switch (requirement.fallback) {
    case 'FAIL':
      return [preferred];
    case 'PRIMARY':
      return [preferred, 'PRIMARY'];
    case 'REPLICA':
      return [preferred, 'REPLICA', 'PRIMARY'];
  }
}
