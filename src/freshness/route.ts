import type { DataSource, FreshnessClass, FreshnessRequirement, RouteReason } from './freshness.ts';
import { compareHealth } from './replication-health.ts';
import type { SourceState } from './replication-state.ts';

/** The source that a class is read from if it is fresh enough. */
export const PREFERRED_SOURCE: Readonly<Record<FreshnessClass, DataSource>> = {
  REALTIME: 'PRIMARY',
  INTERACTIVE: 'REPLICA',
  OPERATIONAL: 'REPLICA',
  ANALYTICAL: 'CLICKHOUSE',
  BATCH: 'CLICKHOUSE',
};

/** One of a shard's servers. Replicas are numbered as they are configured. */
export type Server = { readonly source: 'PRIMARY' } | ReplicaServer;
type ReplicaServer = { readonly source: 'REPLICA'; readonly replica: number };

export interface ShardRoute {
  /** To be tried in this order until one meets the requirement. Never empty. */
  readonly servers: readonly Server[];
  /** Why the preferred source was passed over before anything was read; null if it was not. */
  readonly passedOver: RouteReason | null;
}

const PRIMARY: Server = { source: 'PRIMARY' };

/**
 * Why what is known of this source makes a read of it pointless; null if it does not. With the strategy FAIL it never does, because
 * only the read itself shows whether it is fresh enough. A lag that is unknown or over the bound does not count if a replica
 * may serve stale data.
 */
export function reasonToSkip(
  { fallback, maxLagMs }: FreshnessRequirement,
  source: DataSource,
  probed: SourceState,
): RouteReason | null {
  if (fallback === 'FAIL') return null;
  const staleIsServed = source === 'REPLICA' && fallback === 'REPLICA';
  if (probed.answeredAt === null) return 'SOURCE_DOWN';
  // It answers, but nothing bounds its lag.
  if (probed.health === 'DOWN' && !staleIsServed) return 'LAG_UNKNOWN';
  return probed.probedLagMs !== null && probed.probedLagMs > maxLagMs && !staleIsServed ? 'LAG_EXCEEDED' : null;
}

/**
 * Which servers of one shard may answer, best first. The primary ends every list except that of FAIL: it meets every
 * requirement, so PRIMARY goes to it immediately and REPLICA only if no replica answers or has reached the token. Only replicas
 * that are held back come after the primary.
 *
 * @param replicas the last probes, in configured order.
 * @param passedOver why ClickHouse, if it is preferred, did not answer.
 * @param isHeld whether a replica that is within the bound was over it a moment ago.
 */
export function routeShard(
  requirement: FreshnessRequirement,
  replicas: readonly SourceState[],
  passedOver: RouteReason | null,
  isHeld: (replica: number) => boolean = () => false,
): ShardRoute {
  const preferred = PREFERRED_SOURCE[requirement.class];
  const worthReading = replicasByPromise(replicas).filter(({ replica }) => {
    const probed = replicas[replica];
    return probed !== undefined && reasonToSkip(requirement, 'REPLICA', probed) === null;
  });
  if (preferred === 'PRIMARY') {
    return { servers: requirement.fallback === 'REPLICA' ? [PRIMARY, ...worthReading] : [PRIMARY], passedOver };
  }
  if (preferred === 'CLICKHOUSE') {
    return { servers: requirement.fallback === 'REPLICA' ? [...worthReading, PRIMARY] : [PRIMARY], passedOver };
  }
  if (requirement.fallback === 'FAIL' && worthReading.length > 0) return { servers: worthReading, passedOver };
  if (requirement.fallback === 'REPLICA' && worthReading.length > 0) {
    return { servers: [...worthReading, PRIMARY], passedOver };
  }
  const first = worthReading.filter(({ replica }) => !isHeld(replica));
  const held = worthReading.filter(({ replica }) => isHeld(replica));
  if (first.length > 0) return { servers: [...first, PRIMARY, ...held], passedOver };
  const why = held.length > 0 ? 'LAG_EXCEEDED' : reasonToPassAll(requirement, replicas);
  return { servers: [PRIMARY, ...held], passedOver: why };
}

/** All of them, the best first. */
export function replicasByPromise(replicas: readonly SourceState[]): readonly ReplicaServer[] {
  return replicas
    .map((probed, replica) => ({ probed, server: { source: 'REPLICA' as const, replica } }))
    .sort((a, b) => comparePromise(a.probed, b.probed))
    .map(({ server }) => server);
}

function reasonToPassAll(requirement: FreshnessRequirement, replicas: readonly SourceState[]): RouteReason {
  if (replicas.length === 0) return 'NO_REPLICA';
  const reasons = replicas.map((probed) => reasonToSkip(requirement, 'REPLICA', probed));
  const aboutLag = (['LAG_EXCEEDED', 'LAG_UNKNOWN'] as const).find((reason) => reasons.includes(reason));
  return aboutLag ?? 'SOURCE_DOWN';
}

function comparePromise(a: SourceState, b: SourceState): number {
  const byHealth = compareHealth(a.health, b.health);
  if (byHealth !== 0) return byHealth;
  return (a.probedLagMs ?? Number.MAX_VALUE) - (b.probedLagMs ?? Number.MAX_VALUE);
}
