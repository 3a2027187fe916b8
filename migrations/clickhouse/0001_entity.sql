-- `lsn` is the position of the change in its shard's WAL: it grows with every change of one entity, so the highest
-- wins whatever the order or number of arrivals. Timestamps are milliseconds since the epoch (DateTime64 ends in 2299).
CREATE TABLE IF NOT EXISTS entity (
  tenant_id UInt32,
  entity_id UInt64,
  shard LowCardinality(String),
  type LowCardinality(String),
  version UInt64,
  created_at Int64 CODEC(Delta, ZSTD(1)),
  updated_at Int64 CODEC(Delta, ZSTD(1)),
  attributes String CODEC(ZSTD(3)),
  attribute_updated_at String CODEC(ZSTD(3)),
  text_1 Nullable(String),
  text_2 Nullable(String),
  text_3 Nullable(String),
  text_4 Nullable(String),
  number_1 Nullable(Float64),
  number_2 Nullable(Float64),
  number_3 Nullable(Float64),
  number_4 Nullable(Float64),
  boolean_1 Nullable(Bool),
  boolean_2 Nullable(Bool),
  timestamp_1 Nullable(Int64),
  timestamp_2 Nullable(Int64),
  lsn UInt64 CODEC(Delta, ZSTD(1)),
  is_deleted UInt8
) ENGINE = ReplacingMergeTree(lsn, is_deleted)
ORDER BY (tenant_id, entity_id);

CREATE TABLE IF NOT EXISTS entity_attribute (
  tenant_id UInt32,
  attribute_id UInt32 CODEC(Delta, ZSTD(1)),
  entity_id UInt64 CODEC(Delta, ZSTD(1)),
  shard LowCardinality(String) CODEC(ZSTD(1)),
  value_text Nullable(String) CODEC(ZSTD(1)),
  value_number Nullable(Float64) CODEC(ZSTD(1)),
  value_boolean Nullable(Bool),
  value_timestamp Nullable(Int64) CODEC(ZSTD(1)),
  lsn UInt64 CODEC(Delta, ZSTD(1)),
  is_deleted UInt8
) ENGINE = ReplacingMergeTree(lsn, is_deleted)
ORDER BY (tenant_id, attribute_id, entity_id);

-- What the tables above are known to contain, per shard. Always written after the data it speaks of, and always read
-- before it. A copy of the shard takes away what the one before it brought: it is announced here first, at position 0 and
-- without a heartbeat, and whoever read in between finds another copy_id afterwards.
CREATE TABLE IF NOT EXISTS replication_watermark (
  shard LowCardinality(String),
  copy_id UInt64,                   -- of the copy that the changes follow on; grows with every copy of the shard
  lsn UInt64,                       -- every transaction that committed before this position is here; 0: the copy is under way
  heartbeat_at Nullable(Int64),     -- microseconds since the epoch on the primary's clock
  pending_messages UInt64,          -- received, but not yet here, when this was written
  written_at DateTime64(3) DEFAULT now64(3),
  version UInt128 MATERIALIZED bitOr(bitShiftLeft(toUInt128(copy_id), 64), toUInt128(lsn)) -- the newest copy, then its furthest position
) ENGINE = ReplacingMergeTree(version)
ORDER BY shard;
