import { AtlasError } from '../domain/errors.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { DataSource, FreshnessRequirement, RouteReason } from './freshness.ts';

/** Why a source did not serve a read. */
export interface Miss {
  readonly source: DataSource;
  /** Null if the read covers several shards. */
  readonly shard: ShardId | null;
  readonly reason: RouteReason;
  /** What was measured; null if nothing was, or if nothing bounds it. */
  readonly lagMs: number | null;
  /** The read did not wait for the token, because too many others do. */
  readonly isCrowded?: true;
  /** No other source has what was asked for. */
  readonly isOnly?: boolean;
  /** When the connections of a busy source are expected to be free, in milliseconds from then; left out if that is not known. */
  readonly freeInMs?: number;
  /** The error of a source that is down or busy. */
  readonly cause?: AtlasError;
}

const SOURCE_NAME: Readonly<Record<DataSource, string>> = {
  PRIMARY: 'the primary',
  REPLICA: 'the replica',
  CLICKHOUSE: 'ClickHouse',
};

/**
 * The error of a read that no source served. If the primary should have served it, it is the primary's. Otherwise a replica
 * whose connections are all in use comes first, because a retry helps; then a source that was too old, as
 * FRESHNESS_UNAVAILABLE. If ClickHouse is down, its own error is thrown.
 * @param retryAfterMs when a retry may succeed; only FRESHNESS_UNAVAILABLE reports it.
 */
export function refuse(requirement: FreshnessRequirement, misses: readonly Miss[], retryAfterMs: number): AtlasError {
  const primary = misses.find((miss) => miss.source === 'PRIMARY');
  const busy = misses.find((miss) => miss.reason === 'SOURCE_BUSY');
  const tooOld = misses.find((miss) => miss.cause === undefined);
  const decisive = primary ?? busy ?? tooOld ?? misses[0];
  if (decisive === undefined) throw new RangeError('A read was refused before any source was tried');
  const replicaIsDown = decisive.source === 'REPLICA' && decisive.reason === 'SOURCE_DOWN';
  return decisive.cause === undefined || replicaIsDown
    ? freshnessUnavailable(requirement, decisive, retryAfterMs)
    : decisive.cause;
}

/** @param isOnly no other source has what was asked for. */
export function clickhouseNotConfigured(requirement: FreshnessRequirement, isOnly: boolean): AtlasError {
  if (isOnly) {
    return new AtlasError('ANALYTICS_UNAVAILABLE', 'The read requires ClickHouse, which is not configured.', {
      hint: 'Configure ATLAS_CLICKHOUSE_URL.',
    });
  }
  return new AtlasError(
    'ANALYTICS_UNAVAILABLE',
    `${requirement.class} with the fallback FAIL requires ClickHouse, which is not configured; use the fallback PRIMARY.`,
    { hint: 'Use the fallback PRIMARY.' },
  );
}

/** Reports the requirement, the measurement and a remedy. */
function freshnessUnavailable(requirement: FreshnessRequirement, miss: Miss, retryAfterMs: number): AtlasError {
  const { class: freshnessClass, maxLagMs, fallback, maxWaitMs } = requirement;
  const { source, shard, reason, lagMs } = miss;
  const advice = remedy(miss);
  const place = shard === null ? SOURCE_NAME[source] : `${SOURCE_NAME[source]} of shard ${shard}`;
  return new AtlasError(
    'FRESHNESS_UNAVAILABLE',
    `The read requires ${freshnessClass} data at most ${maxLagMs} ms old with the fallback ${fallback}, but ${place} ` +
      `${found(miss, maxWaitMs)}; ${advice}.`,
    {
      hint: `${advice.charAt(0).toUpperCase()}${advice.slice(1)}.`,
      cause: miss.cause,
      details: { requestedClass: freshnessClass, maxLagMs, fallback, source, shard, reason, lagMs, retryAfterMs },
    },
  );
}

function found({ source, reason, lagMs, isCrowded }: Miss, maxWaitMs: number): string {
  if (lostToken(source, reason)) {
    return 'has not got as far as the consistency token: it was restored to an earlier time, or replaced by a server that lacked something';
  }
  if (isCrowded === true) return 'has not reached the consistency token, and too many reads wait for theirs';
  if (reason === 'TOKEN_NOT_REACHED') return `did not reach the consistency token within ${maxWaitMs} ms`;
  if (reason === 'SOURCE_DOWN') return 'does not answer';
  if (reason === 'SOURCE_BUSY' && source !== 'PRIMARY')
    return 'has reached the consistency token, but no connection became free in time';
  if (reason === 'SOURCE_BUSY') return 'has no connection left for reads that fall back to it';
  return lagMs === null ? 'lags by an unknown time' : `lags by up to ${lagMs} ms`;
}

function remedy({ source, reason, isCrowded, isOnly }: Miss): string {
  if (isOnly === true) return 'retry later, or use the fallback REPLICA to read what there is';
  if (lostToken(source, reason)) return 'omit the token to read what is left';
  if (isCrowded === true) return 'retry later or use the fallback PRIMARY';
  if (reason === 'TOKEN_NOT_REACHED') return 'use the fallback PRIMARY or a longer maxWaitMs';
  if (reason === 'SOURCE_BUSY') return 'retry later or accept more lag';
  if (reason === 'LAG_EXCEEDED') return 'use the fallback PRIMARY or accept more lag';
  return 'use the fallback PRIMARY';
}

/** No position is ahead of the primary that wrote it. */
function lostToken(source: DataSource, reason: RouteReason): boolean {
  return source === 'PRIMARY' && reason === 'TOKEN_NOT_REACHED';
}
