import type { ShardId } from '../domain/identifiers.ts';
import {
  CLASS_BUDGET_MS,
  type DataSource,
  FRESHNESS_CLASSES,
  type FreshnessClass,
  type FreshnessRequirement,
  type ReadFreshness,
  type ReplicationHealth,
  type RouteReason,
} from './freshness.ts';
import type { Positions } from './positions.ts';
import { PREFERRED_SOURCE } from './route.ts';

/** What is known of one finished read, before it is compared with its requirement. */
export interface Reading {
  readonly source: DataSource;
  readonly shard: ShardId | null;
  /** 0 on a primary. */
  readonly lagMs: number | null;
  /** Everything committed before this moment, in milliseconds, is in the data; null: nothing is known. */
  readonly dataTimestamp: number | null;
  readonly health: ReplicationHealth;
  /** See ReadFreshness. */
  readonly contains: Positions;
  readonly shows: Positions;
  readonly serverChanges?: number | null;
}

/** Why a reading does not meet its requirement; null if it does. An unknown lag never meets one. */
export function missedBound(
  requirement: FreshnessRequirement,
  { source, lagMs }: Reading,
): 'LAG_EXCEEDED' | 'LAG_UNKNOWN' | null {
  if (source === 'PRIMARY') return null;
  if (lagMs === null) return 'LAG_UNKNOWN';
  return lagMs > requirement.maxLagMs ? 'LAG_EXCEEDED' : null;
}

/**
 * @param passedOver why the first server that should have served the read did not, or missed the bound; null if it met it.
 * OVERLOAD_RELAXED: the read may miss its bound to protect the primary.
 */
export function describeRead(
  requirement: FreshnessRequirement,
  reading: Reading,
  passedOver: RouteReason | null,
): ReadFreshness {
  const preferred = PREFERRED_SOURCE[requirement.class];
  const onPrimary = reading.source === 'PRIMARY';
  const heldAt = reading.dataTimestamp === null ? null : new Date(Math.floor(reading.dataTimestamp));
  return {
    source: reading.source,
    requested: requirement,
    servedClass: servedClass(reading.lagMs),
    lagMs: reading.lagMs,
    // No other source can guarantee what the primary does, however small its lag.
    stale: !onPrimary && (preferred === 'PRIMARY' || missedBound(requirement, reading) !== null),
    fellBack: reading.source !== preferred,
    reason: reasonOf(requirement, reading, passedOver),
    dataTimestamp: heldAt,
    sourceTimestamp: onPrimary ? null : heldAt,
    health: reading.health,
    shard: reading.shard,
    contains: reading.contains,
    shows: reading.shows,
    ...(reading.serverChanges !== undefined && { serverChanges: reading.serverChanges }),
  };
}

/**
 * Why this source answered. If it is the preferred one, its own lag decides: another replica may have been too far behind, but
 * that does not explain the lag of this one.
 */
function reasonOf(requirement: FreshnessRequirement, reading: Reading, passedOver: RouteReason | null): RouteReason {
  const preferred = PREFERRED_SOURCE[requirement.class];
  const regular = preferred === 'PRIMARY' ? 'PRIMARY_REQUIRED' : 'WITHIN_BOUND';
  if (reading.source !== preferred) return passedOver ?? regular;
  const missed = missedBound(requirement, reading);
  if (missed !== null) return passedOver === 'OVERLOAD_RELAXED' ? passedOver : missed;
  return passedOver === null || ABOUT_LAG.has(passedOver) ? regular : passedOver;
}

const ABOUT_LAG: ReadonlySet<RouteReason> = new Set(['LAG_EXCEEDED', 'LAG_UNKNOWN', 'OVERLOAD_RELAXED']);

/** The tightest class whose budget holds `lagMs`; null past the loosest, or if the lag is unknown. */
export function servedClass(lagMs: number | null): FreshnessClass | null {
  return (lagMs !== null && FRESHNESS_CLASSES.find((name) => lagMs <= CLASS_BUDGET_MS[name])) || null;
}
