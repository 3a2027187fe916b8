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
import { PREFERRED_SOURCE } from './route.ts';

/** What is known of one finished read, before it is held against what was asked. */
export interface Reading {
  readonly source: DataSource;
  readonly shard: ShardId | null;
  /** 0 on a primary. */
  readonly lagMs: number | null;
  /** Everything committed before this moment, in milliseconds, is in the data; null: nothing is known. */
  readonly dataTimestamp: number | null;
  readonly health: ReplicationHealth;
}

/** How a reading does not meet its requirement; null where it does. An unknown lag never meets one. */
export function missedBound(
  requirement: FreshnessRequirement,
  { source, lagMs }: Reading,
): 'LAG_EXCEEDED' | 'LAG_UNKNOWN' | null {
  if (source === 'PRIMARY') return null;
  if (lagMs === null) return 'LAG_UNKNOWN';
  return lagMs > requirement.maxLagMs ? 'LAG_EXCEEDED' : null;
}

/** @param left why the preferred source was left, or could not meet the bound; null where it did. */
export function describeRead(
  requirement: FreshnessRequirement,
  reading: Reading,
  left: RouteReason | null,
): ReadFreshness {
  const preferred = PREFERRED_SOURCE[requirement.class];
  const onPrimary = reading.source === 'PRIMARY';
  const heldAt = reading.dataTimestamp === null ? null : new Date(Math.floor(reading.dataTimestamp));
  return {
    source: reading.source,
    requested: requirement,
    servedClass: servedClass(reading.lagMs),
    lagMs: reading.lagMs,
    // What only the primary can promise, nothing else keeps, however small its lag.
    stale: !onPrimary && (preferred === 'PRIMARY' || missedBound(requirement, reading) !== null),
    fellBack: reading.source !== preferred,
    reason: left ?? (preferred === 'PRIMARY' ? 'PRIMARY_REQUIRED' : 'WITHIN_BOUND'),
    dataTimestamp: heldAt,
    sourceTimestamp: onPrimary ? null : heldAt,
    health: reading.health,
    shard: reading.shard,
  };
}

/** The tightest class whose budget holds `lagMs`; null past the loosest, or where the lag is unknown. */
export function servedClass(lagMs: number | null): FreshnessClass | null {
  return (lagMs !== null && FRESHNESS_CLASSES.find((name) => lagMs <= CLASS_BUDGET_MS[name])) || null;
}
