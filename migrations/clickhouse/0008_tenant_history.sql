-- From where on `entity_change` lacks nothing of a tenant, where that is later than `history_start` says of the shard: what was before has been
-- removed after the tenant's retention. The last row counts.
CREATE TABLE IF NOT EXISTS tenant_history_start (
  tenant_id UInt32,
  shard LowCardinality(String),
  lsn UInt64,
  at Int64,
  recorded_at DateTime64(6) DEFAULT now64(6)
) ENGINE = ReplacingMergeTree(recorded_at)
ORDER BY (tenant_id, shard)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
