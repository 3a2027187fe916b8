import type { Settings } from '../../config/settings.ts';
import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { AttributeLookup } from '../../domain/catalog/attribute.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Replicator } from '../../replication/replicator.ts';
import { ContinuousVerifier } from '../../verification/continuous-verifier.ts';
import type { ComparedShard } from '../../verification/shard-comparison.ts';
import { VerificationMonitor } from '../../verification/verification-monitor.ts';
import type { VerificationState } from '../../verification/verification-state.ts';
import { type OpenClickHouse, openShardDatabases, type ShardDatabases } from './open-databases.ts';
import type { ServiceEnvironment } from './service-environment.ts';

/** At most a quarter of the time is spent comparing. */
const REST = 3;

/** The first replica is compared; the primary if there is none, or if it was asked for. */
export function comparedShard(
  { primary, replicas }: ShardDatabases,
  clickhouse: ClickHouseDatabase,
  usePrimary = false,
): ComparedShard {
  const [replica] = replicas;
  return { server: usePrimary || replica === undefined ? primary : replica, primary, clickhouse };
}

export function comparisonOptions(settings: Settings) {
  return {
    limits: { rows: settings.ATLAS_VERIFY_CHUNK_ROWS, bytes: settings.ATLAS_VERIFY_CHUNK_BYTES },
    waitMs: settings.ATLAS_VERIFY_WAIT_MS,
    reportedDifferences: settings.ATLAS_VERIFY_REPORTED_DIFFERENCES,
  };
}

/** Compares the shards that this process streams, on connections of its own, unless it is turned off. */
export async function startVerifier(
  { settings, shardConfig, lifecycle, logger }: ServiceEnvironment,
  openClickHouse: OpenClickHouse,
  attributes: AttributeLookup,
  replicator: Replicator,
): Promise<void> {
  const periodMs = settings.ATLAS_VERIFY_PERIOD_MS;
  if (periodMs === 0) return;
  const databases = openShardDatabases(lifecycle, shardConfig.shards, settings, logger, {
    purpose: 'verification',
    size: 2,
    statementTimeoutMs: settings.ATLAS_STATEMENT_TIMEOUT_MS,
  });
  const clickhouse = await openClickHouse('verification', 1);
  const { reportedDifferences, ...comparison } = comparisonOptions(settings);
  await lifecycle.start(
    new ContinuousVerifier({
      shards: databases.map((shard) => comparedShard(shard, clickhouse)),
      isStreaming: (shard) => replicator.states().get(shard)?.phase === 'streaming',
      comparison: { ...comparison, attributes, form: 'digest', repair: settings.ATLAS_VERIFY_REPAIR },
      pace: {
        periodMs,
        minRowsPerSecond: settings.ATLAS_VERIFY_MIN_ROWS_PER_SECOND,
        maxRowsPerSecond: settings.ATLAS_VERIFY_MAX_ROWS_PER_SECOND,
        rest: REST,
      },
      reportedDifferences,
      clock: systemClock,
      logger,
    }),
  );
}

/** What has been found, by whichever process. Null without ClickHouse, or if the verification is turned off. */
export async function startVerificationMonitor({
  settings,
  shardConfig,
  openClickHouse,
  lifecycle,
}: ServiceEnvironment): Promise<VerificationState | null> {
  const periodMs = settings.ATLAS_VERIFY_PERIOD_MS;
  if (openClickHouse === null || periodMs === 0) return null;
  const monitor = new VerificationMonitor({
    clickhouse: await openClickHouse('verification monitor', 1),
    shards: shardConfig.shards.map(({ id }) => id),
    periodMs,
    clock: systemClock,
  });
  await lifecycle.start(monitor);
  return monitor;
}
