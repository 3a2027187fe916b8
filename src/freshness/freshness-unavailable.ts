import { AtlasError } from '../domain/errors.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { DataSource, FreshnessRequirement, RouteReason } from './freshness.ts';

/** Why a source did not serve a read. */
export interface Miss {
  readonly source: DataSource;
  readonly shard: ShardId | null;
  readonly reason: RouteReason;
  readonly lagMs: number | null;
}

const SOURCE_NAME: Readonly<Record<DataSource, string>> = {
  PRIMARY: 'the primary',
  REPLICA: 'the replica',
  CLICKHOUSE: 'ClickHouse',
};

/** Says what was asked, what was measured, and what would help. */
export function freshnessUnavailable(requirement: FreshnessRequirement, miss: Miss): AtlasError {
  const { class: freshnessClass, maxLagMs, fallback, maxWaitMs } = requirement;
  const where = `${SOURCE_NAME[miss.source]}${miss.shard === null ? '' : ` of shard ${miss.shard}`}`;
  return new AtlasError(
    'FRESHNESS_UNAVAILABLE',
    `The read asks for ${freshnessClass} data at most ${maxLagMs} ms old with the fallback ${fallback}, but ${where} ` +
      `${found(miss, maxWaitMs)}: ${remedy(miss)}.`,
    {
      details: {
        requestedClass: freshnessClass,
        maxLagMs,
        fallback,
        source: miss.source,
        shard: miss.shard,
        reason: miss.reason,
        lagMs: miss.lagMs,
      },
    },
  );
}

function found({ reason, lagMs }: Miss, maxWaitMs: number): string {
  if (reason === 'TOKEN_NOT_REACHED') return `did not reach the consistency token within ${maxWaitMs} ms`;
  if (reason === 'SOURCE_DOWN') return 'does not answer';
  return lagMs === null ? 'lags by an unknown time' : `lags by up to ${lagMs} ms`;
}

function remedy({ reason }: Miss): string {
  const primary = 'ask with the fallback PRIMARY';
  if (reason === 'TOKEN_NOT_REACHED') return `${primary}, or with a longer maxWaitMs`;
  return reason === 'LAG_EXCEEDED' ? `${primary}, or accept more lag` : primary;
}
