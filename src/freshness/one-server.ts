import { AtlasError } from '../domain/errors.ts';
import type { ReadFreshness } from './freshness.ts';

/**
 * Whether one server of ClickHouse has answered all of these reads, so that each of them saw at least what those before had seen. Another server may be
 * behind it: what is put together of both would be what never was.
 */
export function areOfOneServer(reads: readonly ReadFreshness[]): boolean {
  const counts = new Set(reads.map(({ serverChanges }) => serverChanges));
  return counts.size <= 1 && !counts.has(null);
}

/** The refusal of an answer that is put together of what several servers have answered. */
export function serversChanged(): AtlasError {
  const message = 'Several ClickHouse servers have answered, of which one may be behind another; retry.';
  const details = { source: 'CLICKHOUSE', shard: null, reason: 'LAG_UNKNOWN', lagMs: null, retryAfterMs: 1_000 };
  return new AtlasError('FRESHNESS_UNAVAILABLE', message, { hint: 'Retry.', details });
}
