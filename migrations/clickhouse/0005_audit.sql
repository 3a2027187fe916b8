-- Who has written what. The rows belong to no copy: a new copy of a shard brings those again that the shard still has. A row is
-- identified by its sorting key, however often it arrives; the earliest position is the one that counts. Of numbers, 0 means none.
CREATE TABLE IF NOT EXISTS audit (
  tenant_id UInt32,
  at Int64 CODEC(Delta, ZSTD(1)),   -- milliseconds since the epoch
  shard LowCardinality(String),
  audit_id UInt64 CODEC(Delta, ZSTD(1)),
  subject Nullable(String) CODEC(ZSTD(1)),
  operation LowCardinality(String),
  entity_id UInt64,
  attribute_id UInt32,
  old_version UInt64,
  new_version UInt64,
  lsn UInt64 CODEC(Delta, ZSTD(1)), -- of the commit, or of the copy that brought it
  precedence UInt64 MATERIALIZED bitNot(lsn)
) ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(fromUnixTimestamp64Milli(at, 'UTC'))
ORDER BY (tenant_id, at, shard, audit_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
