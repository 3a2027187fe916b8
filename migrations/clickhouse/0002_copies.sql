-- Every row belongs to a copy of its shard, and a statement reads only the copies that its watermarks name. A new copy is built
-- beside the one that is read, and what an earlier replicator still had in flight arrives where nobody reads. How a table is
-- partitioned and ordered cannot be altered: the tables are made anew, and every shard is copied again, without being asked.
DROP TABLE IF EXISTS replication_watermark;
DROP TABLE IF EXISTS entity_attribute;
DROP TABLE IF EXISTS entity;

-- `lsn` is the position of a transaction's commit in its shard's WAL: what the watermark counts. `row_version` grows with every
-- change of one entity within a copy, so the highest wins whatever the order or number of arrivals; nothing else is read from it.
-- `copy_id` is unique over all shards. It ends the sorting key, so that rows of two copies are never versions of each other. Of the
-- columns of the partition key, each part's smallest and largest value is kept in memory: that is why `lsn` is there, by its
-- topmost bit, which is always 0. A row that has reached the disk before its watermark survives a loss of power: hence fsync.
-- Timestamps are milliseconds since the epoch (DateTime64 ends in 2299).
CREATE TABLE IF NOT EXISTS entity (
  tenant_id UInt32,
  entity_id UInt64,
  shard LowCardinality(String),
  copy_id UInt64 CODEC(Delta, ZSTD(1)),
  type LowCardinality(String),
  version UInt64,
  created_at Int64 CODEC(Delta, ZSTD(1)),
  updated_at Int64 CODEC(Delta, ZSTD(1)),
  attributes String CODEC(ZSTD(3)),
  attribute_updated_at String CODEC(ZSTD(3)),
  json_texts Map(UInt32, String) CODEC(ZSTD(3)),  -- canonical text of each filterable JSON attribute, which SQL cannot write
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
  row_version UInt128 CODEC(ZSTD(1)),
  is_deleted UInt8,
  CONSTRAINT belongs_to_a_copy CHECK copy_id > 0
) ENGINE = ReplacingMergeTree(row_version, is_deleted)
PARTITION BY (shard, copy_id, bitShiftRight(lsn, 63))
PRIMARY KEY (tenant_id, entity_id)
ORDER BY (tenant_id, entity_id, copy_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS entity_attribute (
  tenant_id UInt32,
  attribute_id UInt32 CODEC(Delta, ZSTD(1)),
  entity_id UInt64 CODEC(Delta, ZSTD(1)),
  shard LowCardinality(String) CODEC(ZSTD(1)),
  copy_id UInt64 CODEC(Delta, ZSTD(1)),
  value_text Nullable(String) CODEC(ZSTD(1)),
  value_number Nullable(Float64) CODEC(ZSTD(1)),
  value_boolean Nullable(Bool),
  value_timestamp Nullable(Int64) CODEC(ZSTD(1)),
  lsn UInt64 CODEC(Delta, ZSTD(1)),
  row_version UInt128 CODEC(ZSTD(1)),
  is_deleted UInt8,
  CONSTRAINT belongs_to_a_copy CHECK copy_id > 0
) ENGINE = ReplacingMergeTree(row_version, is_deleted)
PARTITION BY (shard, copy_id, bitShiftRight(lsn, 63))
PRIMARY KEY (tenant_id, attribute_id, entity_id)
ORDER BY (tenant_id, attribute_id, entity_id, copy_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What the copies above are known to contain: one row per copy of a shard. The newest complete copy is the one that is read.
-- Always written after the data it speaks of, and always read before it.
CREATE TABLE IF NOT EXISTS replication_watermark (
  shard LowCardinality(String),
  copy_id UInt64,
  lsn UInt64,                       -- every transaction that committed before this position is here; 0: not complete yet
  heartbeat_at Nullable(Int64),     -- microseconds since the epoch on the primary's clock
  pending_messages UInt64,          -- received, but not yet here, when this was written
  ends_earlier Bool,                -- nothing follows the shard's earlier copies any more; they are read until this one is complete
  is_dropped UInt8,                 -- its rows are being removed, or have been
  written_at DateTime64(3) DEFAULT now64(3),
  row_version UInt128 MATERIALIZED bitOr(bitShiftLeft(toUInt128(is_dropped), 64), toUInt128(lsn))
) ENGINE = ReplacingMergeTree(row_version, is_dropped)
ORDER BY (shard, copy_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
