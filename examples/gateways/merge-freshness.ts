/** What Atlas reads of a client's headers. The tenant is the gateway's to set, from whom it has authenticated. */
export const FRESHNESS_REQUEST_HEADERS = [
  'x-freshness-requirement',
  'x-max-acceptable-lag-ms',
  'x-fallback-strategy',
  'x-consistency-token',
  'x-tenant-id',
  'authorization',
] as const;

const CLASSES = ['REALTIME', 'INTERACTIVE', 'OPERATIONAL', 'ANALYTICAL', 'BATCH', null] as const;
const HEALTH = ['HEALTHY', 'DEGRADED', 'DOWN'] as const;

/** `extensions.freshness` of one subgraph response. */
export interface SubgraphFreshness {
  readonly servedClass: (typeof CLASSES)[number];
  readonly maxLagMs: number | null;
  readonly health: (typeof HEALTH)[number];
  readonly reads: readonly { readonly source: string }[];
}

/** A gateway's answer is as fresh as the worst of the subgraph answers it is made of. Null where none read data. */
export function worst(
  answers: readonly SubgraphFreshness[],
): { extension: SubgraphFreshness; headers: ReadonlyMap<string, string> } | null {
  if (answers.length === 0) return null;
  const servedClass = CLASSES[Math.max(...answers.map((answer) => CLASSES.indexOf(answer.servedClass)))] ?? null;
  const health = HEALTH[Math.max(...answers.map((answer) => HEALTH.indexOf(answer.health)))] ?? 'DOWN';
  const lags = answers.map((answer) => answer.maxLagMs);
  const maxLagMs = lags.includes(null) ? null : Math.max(...lags.map(Number));
  const reads = answers.flatMap((answer) => answer.reads);
  const headers = new Map([
    ['x-data-source', [...new Set(reads.map((read) => read.source))].join(', ')],
    ['x-replication-health', health],
  ]);
  if (servedClass !== null) headers.set('x-data-freshness', servedClass);
  if (maxLagMs !== null) headers.set('x-actual-lag-ms', String(maxLagMs));
  return { extension: { servedClass, maxLagMs, health, reads }, headers };
}
