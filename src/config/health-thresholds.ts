import type { Settings } from './settings.ts';

/** Beyond these, the state of replication is degraded. */
export interface HealthThresholds {
  readonly replicaLagMs: number;
  readonly clickhouseLagMs: number;
  /** Changes that were received, but are not in ClickHouse yet. */
  readonly changeStreamMessages: number;
  /** Messages of a shard's topic that are not in ClickHouse yet, if changes come through Kafka. */
  readonly topicMessages: number;
  /** WAL that a primary retains for one slot, in bytes. */
  readonly slotWalBytes: number;
  /** What must be left of max_slot_wal_keep_size, in percent. */
  readonly slotSafePercent: number;
}

export function healthThresholds(settings: Settings): HealthThresholds {
  return {
    replicaLagMs: settings.ATLAS_REPLICA_LAG_THRESHOLD_MS,
    clickhouseLagMs: settings.ATLAS_CLICKHOUSE_LAG_THRESHOLD_MS,
    changeStreamMessages: settings.ATLAS_CHANGE_STREAM_THRESHOLD_MESSAGES,
    topicMessages: settings.ATLAS_KAFKA_THRESHOLD_MESSAGES,
    slotWalBytes: settings.ATLAS_SLOT_WAL_THRESHOLD_BYTES,
    slotSafePercent: settings.ATLAS_SLOT_SAFE_WAL_THRESHOLD_PERCENT,
  };
}
