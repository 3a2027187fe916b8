import { healthThresholds } from '../../config/health-thresholds.ts';
import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import { HeartbeatWriter } from '../../datasources/monitoring/heartbeat-writer.ts';
import { MISSES } from '../../datasources/monitoring/probe.ts';
import { ReplicationMonitor } from '../../datasources/monitoring/replication-monitor.ts';
import { TopicMonitor } from '../../datasources/monitoring/topic-monitor.ts';
import { catalogSlot } from '../../domain/shard.ts';
import { PrimaryClocks } from '../../freshness/primary-clocks.ts';
import { systemClock } from '../../lib/clock.ts';
import { ClockStops } from '../../lib/clock-stops.ts';
import type { Replicator } from '../../replication/replicator.ts';
import { partitionMarkers } from '../../replication/source/kafka/partition-markers.ts';
import { topicsOf } from '../../replication/source/kafka/topic-layout.ts';
import { CDC_SLOT } from '../../replication/source/slot/replication-slot.ts';
import { openShardDatabases, type ShardDatabases } from './open-databases.ts';
import { openKafka, topicOf } from './open-kafka.ts';
import type { ServiceEnvironment } from './service-environment.ts';

/**
 * Much longer than it takes a probe to be late: a late answer still counts, and a busy machine opens a new connection more slowly
 * than it answers on the one that is open.
 */
const PROBE_TIMEOUT_MS = 4_000;
const PROBE_CONNECT_TIMEOUT_MS = 5_000;
/** ClickHouse answers later than Postgres when analytics keep it busy. The monitor's `stop` waits for a probe that runs. */
const CLICKHOUSE_PROBE_TIMEOUT_MS = 5_000;

/** What is known about replication, and the connections that this is asked on. */
export interface Monitoring {
  readonly replication: ReplicationMonitor;
  /** Null unless changes come through Kafka. */
  readonly topics: TopicMonitor | null;
  readonly shards: readonly ShardDatabases[];
  /** Null: none is configured. */
  readonly clickhouse: ClickHouseDatabase | null;
}

/**
 * Heartbeats and probes, on separate connections: they must not wait behind the requests whose lag they measure, and no breaker
 * may keep them from noticing that a server is back.
 * @param replicator null if another process runs change capture.
 */
export async function startMonitoring(
  environment: ServiceEnvironment,
  replicator: Replicator | null,
): Promise<Monitoring> {
  const { settings, shardConfig, actAs, openClickHouse, lifecycle, logger } = environment;
  const shards = openShardDatabases(lifecycle, shardConfig.shards, settings, logger, {
    purpose: 'monitor',
    actAs,
    // One for heartbeats or, on a replica, for positions that reads wait for, so that nothing waits. All but one or two stay closed as long as the server answers in time.
    size: 1 + MISSES,
    statementTimeoutMs: PROBE_TIMEOUT_MS,
    connectTimeoutMs: Math.max(PROBE_CONNECT_TIMEOUT_MS, settings.ATLAS_CONNECT_TIMEOUT_MS),
  });
  const clickhouse =
    openClickHouse === null
      ? null
      : await openClickHouse('monitor', 1 + MISSES, { timeoutMs: CLICKHOUSE_PROBE_TIMEOUT_MS });
  const clocks = new PrimaryClocks(systemClock, new ClockStops());
  const heartbeats = new HeartbeatWriter({
    primaries: shards.map(({ primary }) => primary),
    intervalMs: settings.ATLAS_HEARTBEAT_INTERVAL_MS,
    markers: settings.ATLAS_CAPTURE === 'kafka' ? await partitionMarkers(settings.ATLAS_KAFKA_PARTITIONS) : [],
    clocks,
    logger,
  });
  await lifecycle.start(heartbeats);
  const [home, ...others] = shardConfig.shards;
  const monitor = new ReplicationMonitor({
    shards,
    clickhouse,
    slotName: CDC_SLOT,
    catalogSlots: (shard) => (shard === home?.id ? others.map(({ id }) => catalogSlot(id)) : []),
    captureFailure: (shard) => replicator?.failure(shard) ?? null,
    primaryClocks: clocks,
    periodMs: settings.ATLAS_PROBE_INTERVAL_MS,
    thresholds: healthThresholds(settings),
    clock: systemClock,
    logger,
  });
  await lifecycle.start(monitor);
  return { replication: monitor, topics: await startTopicMonitor(environment), shards, clickhouse };
}

async function startTopicMonitor(environment: ServiceEnvironment): Promise<TopicMonitor | null> {
  const { settings, shardConfig, lifecycle, logger } = environment;
  const cluster = openKafka(settings, lifecycle);
  if (cluster === null) return null;
  const monitor = new TopicMonitor({
    ...{ cluster, clock: systemClock, logger },
    topics: shardConfig.shards.map(({ id }) => {
      const { group, ...layout } = topicOf(settings, id);
      return { shard: id, group, topics: topicsOf(layout) };
    }),
    thresholdMessages: healthThresholds(settings).topicMessages,
  });
  await lifecycle.start(monitor);
  return monitor;
}
