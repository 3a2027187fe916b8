-- The catalog, as the first shard has it. All of it is written whenever it has changed, with the next generation, and what is left of the ones
-- before is removed.
CREATE TABLE IF NOT EXISTS attribute_definition (
  attribute_id UInt32,
  tenant_id UInt32,                 -- 0: shared by all tenants
  key String,
  type LowCardinality(String),
  description Nullable(String),
  entity_types Array(String),       -- those that it is intended for; empty: all
  filterable Bool,
  exposed Bool,
  hot Bool,
  retired Bool,
  deleted Bool,                     -- its values are removed, or are being removed
  restricted Bool,                  -- only some roles may read it
  revision UInt64,
  generation UInt64
) ENGINE = ReplacingMergeTree(generation)
ORDER BY attribute_id;

CREATE TABLE IF NOT EXISTS entity_type (
  tenant_id UInt32,
  type String,
  description Nullable(String),
  revision UInt64,
  generation UInt64
) ENGINE = ReplacingMergeTree(generation)
ORDER BY (tenant_id, type);
