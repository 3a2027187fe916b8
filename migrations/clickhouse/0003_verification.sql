-- What the comparison of a shard with Postgres has found. `completed`: the pass over the whole shard that began last, by whoever made
-- it. `running`: the pass that `replicate` is making, from which another process continues.
CREATE TABLE IF NOT EXISTS verification (
  shard LowCardinality(String),
  state LowCardinality(String),     -- completed or running
  copy_id UInt64,                   -- of the copy that was compared; says nothing about a later one
  started_at Int64,                 -- milliseconds since the epoch, like all moments here
  reached_tenant Int64,             -- the last entity that was compared
  reached_entity UInt64,
  entities UInt64,
  attribute_rows UInt64,
  differences UInt64,
  repaired UInt64,
  unsettled UInt64,
  found_at Int64,                   -- when a difference that was not repaired was found last; 0: none was
  written_at Int64,
  version Int64 MATERIALIZED if(state = 'completed', started_at, written_at)
) ENGINE = ReplacingMergeTree(version)
ORDER BY (shard, state);
