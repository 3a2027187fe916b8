import { z } from 'zod';
import { positive, setting } from './setting.ts';

/** Classes by name, separated by commas. REALTIME is not among them: its bound holds whatever happens. */
const relaxable = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
  .pipe(
    z.array(
      z.enum(['INTERACTIVE', 'OPERATIONAL', 'ANALYTICAL', 'BATCH'], {
        error: 'must list INTERACTIVE, OPERATIONAL, ANALYTICAL or BATCH, separated by commas',
      }),
    ),
  );

/** How lag is measured, and what is done about it. */
export const FRESHNESS_SETTINGS = {
  ATLAS_HEARTBEAT_INTERVAL_MS: setting(
    positive,
    '100',
    'Period of the heartbeat on every primary. Adds at most this much to every measured lag.',
  ),
  ATLAS_PROBE_INTERVAL_MS: setting(positive, '250', 'Period of the probes that measure lag.'),
  ATLAS_CONSISTENCY_WAIT_MS: setting(
    positive,
    '1000',
    'Longest wait for a consistency token if the request sets no maxWaitMs.',
  ),
  ATLAS_FALLBACK_POOL_PERCENT: setting(
    z.coerce.number().int().min(1).max(100),
    '50',
    'Part of the connections to a primary that reads may take which fall back to it. The rest is left to writes and to reads that need the primary.',
  ),
  ATLAS_MERGE_MAX_CHANGED: setting(
    z.coerce.number().int().min(0).max(100_000),
    '10000',
    'Most entities of a tenant and shard that may have changed for analytics that fall back to Postgres to read only those there, and the others from ClickHouse. 0: all are read from Postgres.',
  ),
  ATLAS_MERGE_LEAST_COST: setting(
    z.coerce.number().int().min(0).max(1_000_000_000),
    '40000',
    'Least cost, in units of the planner, that such a question must have on Postgres alone to be divided so; 40000 is about 0.3 s.',
  ),
  ATLAS_OVERLOAD_RELAX: setting(
    relaxable,
    undefined,
    'Freshness classes, separated by commas, that a replica serves over their bound, with reason OVERLOAD_RELAXED, if falling back would overload the primary. Never REALTIME.',
  ),
  ATLAS_RETRY_AFTER_MAX_MS: setting(
    positive,
    '10000',
    'Largest retryAfterMs of FRESHNESS_UNAVAILABLE. Given if nobody can say when the source will be fresh enough.',
  ),
  ATLAS_MAX_TOKEN_WAITERS: setting(
    positive,
    '2000',
    'Most reads that wait for consistency tokens at once; further ones do not wait.',
  ),
  ATLAS_MAX_TOKEN_WAITERS_PER_TENANT: setting(positive, '500', 'The same for the reads of one tenant.'),
  ATLAS_REPLICA_LAG_THRESHOLD_MS: setting(
    positive,
    '5000',
    'Replica lag beyond which /health/replication is degraded.',
  ),
  ATLAS_CLICKHOUSE_LAG_THRESHOLD_MS: setting(
    positive,
    '600000',
    'ClickHouse lag beyond which /health/replication is degraded.',
  ),
  ATLAS_CHANGE_STREAM_THRESHOLD_MESSAGES: setting(
    positive,
    '10000',
    'Unapplied change messages beyond which /health/replication is degraded.',
  ),
  ATLAS_SLOT_WAL_THRESHOLD_BYTES: setting(
    positive,
    '2147483648',
    'WAL retained for one replication slot beyond which /health/replication is degraded.',
  ),
  ATLAS_SLOT_SAFE_WAL_THRESHOLD_PERCENT: setting(
    z.coerce.number().int().min(0).max(100),
    '25',
    'Share of max_slot_wal_keep_size that must be left of a slot (safe_wal_size); with less, /health/replication is degraded.',
  ),
} as const;
