import type { ReplicationHealth } from './freshness.ts';

/** The higher the better. */
const LEVELS: Readonly<Record<ReplicationHealth, number>> = { HEALTHY: 2, DEGRADED: 1, DOWN: 0 };

/** For the metric: 2 healthy, 1 degraded, 0 down. */
export function healthLevel(health: ReplicationHealth): number {
  return LEVELS[health];
}

/** For sorting: the best first. */
export function compareHealth(a: ReplicationHealth, b: ReplicationHealth): number {
  return LEVELS[b] - LEVELS[a];
}

export function worseHealth(a: ReplicationHealth, b: ReplicationHealth): ReplicationHealth {
  return compareHealth(a, b) > 0 ? a : b;
}

/** HEALTHY if there are none. */
export function worstHealth(healths: readonly ReplicationHealth[]): ReplicationHealth {
  return healths.reduce(worseHealth, 'HEALTHY');
}
