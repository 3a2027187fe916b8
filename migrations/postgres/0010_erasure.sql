-- What has been erased, and how far that has come. Written in the transaction that erases from this shard; whoever streams the shard
-- then removes it from ClickHouse.
CREATE TABLE atlas.erasure (
  erasure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id integer NOT NULL,
  entity_id bigint,                  -- null: everything of the tenant
  requested_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  subject text,                      -- null: unknown
  entities bigint NOT NULL DEFAULT 0,        -- rows that were removed from this shard
  attribute_rows bigint NOT NULL DEFAULT 0,
  -- Every earlier change of the entity, or tenant, is to be removed. Null: the shard itself still has rows.
  position pg_lsn,
  -- The last change that was removed from ClickHouse. Null: not removed yet.
  removed_to pg_lsn,
  clickhouse_rows bigint NOT NULL DEFAULT 0,
  removed_at timestamptz(3),         -- when no statement found it in ClickHouse any more
  completed_at timestamptz(3),       -- when the last file that contained it was gone
  -- Positions mean nothing to another server, into which a dump may be loaded.
  system_id bigint NOT NULL DEFAULT (pg_control_system()).system_identifier
);
CREATE INDEX erasure_by_entity ON atlas.erasure (tenant_id, entity_id, erasure_id);
CREATE INDEX erasure_in_progress ON atlas.erasure (erasure_id) WHERE completed_at IS NULL;

ALTER TABLE atlas.erasure ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON atlas.erasure TO atlas_serve
  USING (tenant_id = nullif(current_setting('atlas.tenant_id', true), '')::integer);
CREATE POLICY every_tenant ON atlas.erasure TO atlas_replicate USING (true);

-- Called on the first shard when a tenant is to be erased: processes that know its definitions learn that nothing is written with them any more.
CREATE FUNCTION atlas.retire_definitions(tenant integer) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH retired AS (
    UPDATE atlas.attribute_definition SET retired_at = clock_timestamp()
    WHERE tenant_id = tenant AND tenant > 0 AND retired_at IS NULL
    RETURNING 1
  )
  SELECT count(*) FROM retired
$$;

-- Called on the first shard when the tenant is erased everywhere: before that, change capture still needs them.
CREATE FUNCTION atlas.erase_definitions(tenant integer) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH erased AS (
    DELETE FROM atlas.attribute_definition
    WHERE tenant_id = tenant AND tenant > 0 AND EXISTS (
      SELECT FROM atlas.erasure WHERE tenant_id = tenant AND entity_id IS NULL AND completed_at IS NOT NULL
    )
    RETURNING 1
  )
  SELECT count(*) FROM erased
$$;
REVOKE ALL ON FUNCTION atlas.retire_definitions(integer), atlas.erase_definitions(integer) FROM PUBLIC;
