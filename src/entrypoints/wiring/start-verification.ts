import type { Settings } from '../../config/settings.ts';
import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { AttributeLookup } from '../../domain/catalog/attribute.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Replicator } from '../../replication/replicator.ts';
import { ContinuousVerifier } from '../../verification/continuous-verifier.ts';
import { type RunVerification, runVerification } from '../../verification/run-verification.ts';
import type { ComparedShard } from '../../verification/shard-comparison.ts';
import { VerificationMonitor } from '../../verification/verification-monitor.ts';
import type { VerificationState } from '../../verification/verification-state.ts';
import { openShardDatabases, type ShardDatabases } from './open-databases.ts';
import type { ServiceEnvironment } from './service-environment.ts';

/** At most a quarter of the time is spent comparing. */
const REST = 3;

/** What is compared: connections of its own to every shard, and to ClickHouse. */
export interface ComparedStores {
  readonly shards: readonly ShardDatabases[];
  readonly clickhouse: ClickHouseDatabase;
}

/** Nothing connects before it is used. */
export function openComparedShards({
  settings,
  shardConfig,
  lifecycle,
  logger,
}: Pick<ServiceEnvironment, 'settings' | 'shardConfig' | 'lifecycle' | 'logger'>): readonly ShardDatabases[] {
  return openShardDatabases(lifecycle, shardConfig.shards, settings, logger, {
    purpose: 'verification',
    actAs: 'atlas_replicate',
    size: 2,
    statementTimeoutMs: settings.ATLAS_STATEMENT_TIMEOUT_MS,
  });
}

/** Compares once, when it is called. */
export function verificationRunner(
  settings: Settings,
  { shards, clickhouse }: ComparedStores,
  attributes: AttributeLookup,
): RunVerification {
  return (request, onEvent, signal) =>
    runVerification(
      shards
        .filter(({ endpoints: { id } }) => request.shards === null || request.shards.includes(id))
        .map((databases) => comparedShard(databases, clickhouse, request.primary)),
      {
        ...comparisonOptions(settings),
        form: request.values ? 'value' : 'digest',
        repair: request.repair,
        tenantId: request.tenantId,
        attributes,
        clock: systemClock,
        onEvent,
      },
      signal,
    );
}

/** Compares the shards that this process streams, again and again, unless that is turned off. */
export async function startVerifier(
  { settings, lifecycle, logger }: ServiceEnvironment,
  { shards, clickhouse }: ComparedStores,
  attributes: AttributeLookup,
  replicator: Replicator,
): Promise<void> {
  const periodMs = settings.ATLAS_VERIFY_PERIOD_MS;
  if (periodMs === 0) return;
  const { reportedDifferences, ...comparison } = comparisonOptions(settings);
  await lifecycle.start(
    new ContinuousVerifier({
      shards: shards.map((shard) => comparedShard(shard, clickhouse, false)),
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

/** The first replica is compared; the primary if there is none, or if it was asked for. */
function comparedShard(
  { primary, replicas }: ShardDatabases,
  clickhouse: ClickHouseDatabase,
  usePrimary: boolean,
): ComparedShard {
  const [replica] = replicas;
  return { server: usePrimary || replica === undefined ? primary : replica, primary, clickhouse };
}

function comparisonOptions(settings: Settings) {
  return {
    limits: { rows: settings.ATLAS_VERIFY_CHUNK_ROWS, bytes: settings.ATLAS_VERIFY_CHUNK_BYTES },
    waitMs: settings.ATLAS_VERIFY_WAIT_MS,
    reportedDifferences: settings.ATLAS_VERIFY_REPORTED_DIFFERENCES,
  };
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
