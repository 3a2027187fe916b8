-- What the types of entities mean: a part of the catalog. The first shard is its home; the others receive it by logical replication, which
-- `atlas migrate` tells of the table. A row stays when its description is removed, so that whoever has seen it learns of that.
CREATE TABLE atlas.entity_type (
  tenant_id integer NOT NULL CHECK (tenant_id > 0),
  type text COLLATE "C" NOT NULL,
  description text,                 -- null: removed
  updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  revision bigint NOT NULL UNIQUE,  -- of the whole catalog, as that of a definition
  PRIMARY KEY (tenant_id, type)
);

CREATE FUNCTION atlas.revise_entity_type() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.revision := nextval('atlas.catalog_revision_seq');
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END $$;

CREATE TRIGGER lock_catalog BEFORE INSERT OR UPDATE OR DELETE ON atlas.entity_type
  FOR EACH STATEMENT EXECUTE FUNCTION atlas.lock_catalog();
CREATE TRIGGER revise_entity_type BEFORE INSERT OR UPDATE ON atlas.entity_type
  FOR EACH ROW EXECUTE FUNCTION atlas.revise_entity_type();
CREATE TRIGGER announce_catalog AFTER INSERT OR UPDATE OR DELETE ON atlas.entity_type
  FOR EACH STATEMENT EXECUTE FUNCTION atlas.announce_catalog();

ALTER TABLE atlas.entity_type ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON atlas.entity_type TO atlas_serve
  USING (tenant_id = nullif(current_setting('atlas.tenant_id', true), '')::integer);
-- Who loads the catalog of all tenants says so.
CREATE POLICY every_catalog ON atlas.entity_type FOR SELECT TO atlas_serve
  USING (current_setting('atlas.tenant_id', true) = '-1');
CREATE POLICY every_tenant ON atlas.entity_type FOR SELECT TO atlas_replicate USING (true);

ALTER PUBLICATION atlas_catalog ADD TABLE atlas.entity_type;

-- Of what is stored, everything satisfies the wider condition: it need not be read.
ALTER TABLE atlas.audit DROP CONSTRAINT audit_operation_check;
ALTER TABLE atlas.audit ADD CONSTRAINT audit_operation_check CHECK (operation IN (
  'CREATE_ENTITY', 'UPDATE_ENTITY', 'DELETE_ENTITY', 'ERASE_ENTITY', 'ERASE_TENANT',
  'DEFINE_ATTRIBUTE', 'UPDATE_ATTRIBUTE', 'RETIRE_ATTRIBUTE', 'RESTORE_ATTRIBUTE', 'DELETE_ATTRIBUTE', 'DESCRIBE_ENTITY_TYPE'
)) NOT VALID;

-- Descriptions of types go where definitions go when a tenant is erased; see 0010. What is returned counts definitions, as before.
CREATE OR REPLACE FUNCTION atlas.retire_definitions(tenant integer) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH retired AS (
    UPDATE atlas.attribute_definition SET retired_at = clock_timestamp()
    WHERE tenant_id = tenant AND tenant > 0 AND retired_at IS NULL
    RETURNING 1
  ), types AS (
    UPDATE atlas.entity_type SET description = NULL WHERE tenant_id = tenant AND description IS NOT NULL
  )
  SELECT count(*) FROM retired
$$;

CREATE OR REPLACE FUNCTION atlas.erase_definitions(tenant integer) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  WITH done AS (
    SELECT FROM atlas.erasure WHERE tenant_id = tenant AND entity_id IS NULL AND completed_at IS NOT NULL LIMIT 1
  ), erased AS (
    DELETE FROM atlas.attribute_definition WHERE tenant_id = tenant AND tenant > 0 AND EXISTS (SELECT FROM done)
    RETURNING 1
  ), types AS (
    DELETE FROM atlas.entity_type WHERE tenant_id = tenant AND EXISTS (SELECT FROM done)
  )
  SELECT count(*) FROM erased
$$;
