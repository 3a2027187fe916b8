/**
 * How fresh a client wants its answer. A gateway forwards this, but never `x-tenant-id`: the client would choose its tenant. Who the
 * client is, the gateway verifies and signs (client-identity.ts).
 */
const FRESHNESS_REQUEST_HEADERS = [
  'x-freshness-requirement',
  'x-max-acceptable-lag-ms',
  'x-fallback-strategy',
  'x-consistency-token',
] as const;

/** What else it forwards, so that Atlas continues the client's trace and logs its id of the request. */
const TRACE_HEADERS = ['traceparent', 'tracestate', 'x-request-id'] as const;

/** All headers of a client that a gateway forwards. */
export const FORWARDED_HEADERS = [...FRESHNESS_REQUEST_HEADERS, ...TRACE_HEADERS] as const;

const CLASSES = ['REALTIME', 'INTERACTIVE', 'OPERATIONAL', 'ANALYTICAL', 'BATCH', null] as const;
const HEALTH = ['HEALTHY', 'DEGRADED', 'DOWN'] as const;

/** One entry of `reads`: the reads of one subgraph response with the same shard, source and requirement. */
export interface SubgraphRead {
  readonly shard: string | null;
  readonly source: string;
  readonly requested: object;
  readonly lagMs: number | null;
  readonly dataTimestamp: string | null;
  readonly sourceTimestamp: string | null;
  readonly reason: string;
  readonly fellBack: boolean;
  readonly stale: boolean;
  readonly entities: number;
}

/** `extensions.freshness` of one subgraph response. */
export interface SubgraphFreshness {
  readonly servedClass: (typeof CLASSES)[number];
  readonly maxLagMs: number | null;
  readonly health: (typeof HEALTH)[number];
  readonly reads: readonly SubgraphRead[];
  /** Given as `x-consistency-token` with the client's next request, it makes later reads include what this one shows. */
  readonly token: string;
}

/**
 * Combines subgraph responses: the result is as fresh as the least fresh of them, and its token is all of theirs. A gateway cannot
 * look into tokens, but Atlas takes several that are separated by commas as one. A response without reads, as of a mutation that returns
 * no entity, has a token only. Null if there are none.
 */
export function worst(
  answers: readonly SubgraphFreshness[],
): { extension: SubgraphFreshness; headers: ReadonlyMap<string, string> } | null {
  if (answers.length === 0) return null;
  const measured = answers.filter((answer) => answer.reads.length > 0);
  const servedClass = CLASSES[Math.max(...measured.map((answer) => CLASSES.indexOf(answer.servedClass)))] ?? null;
  const health = HEALTH[Math.max(...answers.map((answer) => HEALTH.indexOf(answer.health)))] ?? 'DOWN';
  const maxLagMs = measured.length === 0 ? null : measured.map((answer) => answer.maxLagMs).reduce(larger);
  const reads = merged(answers.flatMap((answer) => answer.reads));
  const token = [...new Set(answers.map((answer) => answer.token))].join(', ');
  const extension = { servedClass, maxLagMs, health, reads, token };
  if (measured.length === 0) return { extension, headers: new Map([['x-consistency-token', token]]) };
  const headers = new Map([
    ['x-data-source', [...new Set(reads.map((read) => read.source.toLowerCase()))].join(', ')],
    ['x-data-freshness', servedClass?.toLowerCase() ?? 'unknown'],
    ['x-actual-lag-ms', maxLagMs === null ? 'unknown' : String(maxLagMs)],
    ['x-replication-health', health.toLowerCase()],
    ['x-consistency-token', token],
  ]);
  const replicated = reads.filter((read) => read.source !== 'PRIMARY');
  const dataTimestamp = oldest(reads.map((read) => read.dataTimestamp));
  const sourceTimestamp = oldest(replicated.map((read) => read.sourceTimestamp));
  if (dataTimestamp !== null) headers.set('x-data-timestamp', dataTimestamp);
  if (sourceTimestamp !== null) headers.set('x-source-timestamp', sourceTimestamp);
  return { extension, headers };
}

/** Merges reads to one entry per shard, source and requirement, however many requests the gateway sent. */
function merged(reads: readonly SubgraphRead[]): SubgraphRead[] {
  const byKind = new Map<string, SubgraphRead>();
  for (const read of reads) {
    const kind = JSON.stringify([read.shard, read.source, read.requested]);
    const other = byKind.get(kind);
    byKind.set(kind, other === undefined ? read : both(other, read));
  }
  return [...byKind.values()];
}

/** Lag, reason, `fellBack` and `stale` are those of the read that lags most. */
function both(a: SubgraphRead, b: SubgraphRead): SubgraphRead {
  const lagMs = larger(a.lagMs, b.lagMs);
  return {
    ...(lagMs === a.lagMs ? a : b),
    dataTimestamp: oldest([a.dataTimestamp, b.dataTimestamp]),
    sourceTimestamp: oldest([a.sourceTimestamp, b.sourceTimestamp]),
    entities: a.entities + b.entities,
  };
}

/** The larger lag. An unknown lag is larger than any other. */
function larger(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}

/** The oldest timestamp; null if any is unknown. Timestamps are ISO 8601 in UTC. */
function oldest(timestamps: readonly (string | null)[]): string | null {
  const known = timestamps.filter((timestamp) => timestamp !== null);
  return known.length < timestamps.length ? null : (known.sort()[0] ?? null);
}
