-- How far imports have come that are not over: an import that was interrupted continues there. A row is written after what it speaks of, on every
-- shard: if a shard is restored to an earlier time, or a replica takes over that lacks the last writes, what is said here goes back as well.
CREATE TABLE atlas.import_progress (
  tenant_id integer NOT NULL,
  import text NOT NULL,              -- digest of the content, and of how it is imported
  rows bigint NOT NULL,              -- so many rows from the beginning are done, on all shards
  refused bigint[] NOT NULL,         -- those of them that were not written, because a shard refused them
  written_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, import)
);

ALTER TABLE atlas.import_progress ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON atlas.import_progress TO atlas_serve
  USING (tenant_id = nullif(current_setting('atlas.tenant_id', true), '')::integer);
