-- Every change of an entity by a writer, as its transaction made it. The rows belong to no copy: what a new copy of a shard brings has
-- been written before. A row is identified by its sorting key, however often it arrives; one that knows the subject counts. Values are
-- JSON, in the order of `attribute_ids`: of a change those that it changed, of a creation or deletion all.
-- `by_position` is the order of the feed: shard by shard, as the transactions have committed.
CREATE TABLE IF NOT EXISTS entity_change (
  tenant_id UInt32,
  entity_id UInt64 CODEC(Delta, ZSTD(1)),
  created_at Int64 CODEC(Delta, ZSTD(1)),  -- of the entity; of an erasure, its time
  version UInt64 CODEC(Delta, ZSTD(1)),    -- after the change; before a deletion; of an erasure 0
  operation Enum8('CREATED' = 1, 'UPDATED' = 2, 'DELETED' = 3, 'ERASED' = 4),
  lsn UInt64 CODEC(Delta, ZSTD(1)),        -- of the commit
  shard LowCardinality(String) CODEC(ZSTD(1)),
  at Int64 CODEC(Delta, ZSTD(1)),          -- milliseconds since the epoch
  type LowCardinality(String),
  previous_at Int64 CODEC(Delta, ZSTD(1)), -- when the entity was changed before; of a creation 0
  subject Nullable(String) CODEC(ZSTD(1)),
  attribute_ids Array(UInt32) CODEC(ZSTD(1)),
  before Array(Nullable(String)) CODEC(ZSTD(3)),
  before_at Array(Int64) CODEC(ZSTD(1)),   -- when the value before was set; 0: when the entity was created, or there was none
  after Array(Nullable(String)) CODEC(ZSTD(3)),
  precedence UInt8 MATERIALIZED isNotNull(subject),
  PROJECTION by_position (
    SELECT tenant_id, shard, lsn, entity_id, created_at, version, operation, type, at ORDER BY tenant_id, shard, lsn
  )
) ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(fromUnixTimestamp64Milli(at, 'UTC'))
ORDER BY (tenant_id, entity_id, created_at, version, operation, lsn)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, deduplicate_merge_projection_mode = 'rebuild';

-- From where on `entity_change` lacks nothing of a shard: the last row counts.
CREATE TABLE IF NOT EXISTS history_start (
  shard LowCardinality(String),
  lsn UInt64,   -- every transaction that committed at this position or later is there
  at Int64,     -- everything that was written after this time is there; milliseconds since the epoch
  recorded_at DateTime64(6) DEFAULT now64(6)
) ENGINE = ReplacingMergeTree(recorded_at)
ORDER BY shard
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
