-- The attribute catalog. The first shard is its home; the others receive it by logical replication.
CREATE SCHEMA IF NOT EXISTS atlas;

CREATE SEQUENCE atlas.attribute_id_seq AS integer;
CREATE SEQUENCE atlas.catalog_revision_seq;

CREATE TABLE atlas.attribute_definition (
  attribute_id integer PRIMARY KEY DEFAULT nextval('atlas.attribute_id_seq'),
  tenant_id integer NOT NULL CHECK (tenant_id >= 0),  -- 0: shared by all tenants
  key text COLLATE "C" NOT NULL,
  type text NOT NULL CHECK (type IN ('TEXT', 'NUMBER', 'BOOLEAN', 'TIMESTAMP', 'JSON')),
  description text,
  entity_types text[] NOT NULL DEFAULT '{}',
  filterable boolean NOT NULL DEFAULT true,
  exposed boolean NOT NULL DEFAULT false,
  hot_column text,
  rules jsonb NOT NULL DEFAULT '{}',
  retired_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  revision bigint NOT NULL UNIQUE,  -- set by the trigger below: grows with every change, in the order of commits
  UNIQUE (tenant_id, key),
  UNIQUE (tenant_id, hot_column)
);

ALTER SEQUENCE atlas.attribute_id_seq OWNED BY atlas.attribute_definition.attribute_id;
ALTER SEQUENCE atlas.catalog_revision_seq OWNED BY atlas.attribute_definition.revision;

-- Whoever changes the catalog waits for the one before, until its commit: whoever has seen a revision has seen all
-- smaller ones, and needs only the greater ones. (Triggers do not fire for rows that replication brings.)
CREATE FUNCTION atlas.lock_catalog() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7274692022);
  RETURN NULL;
END $$;

CREATE FUNCTION atlas.revise_definition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.revision := nextval('atlas.catalog_revision_seq');
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END $$;

CREATE FUNCTION atlas.announce_catalog() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('atlas_catalog', '');
  RETURN NULL;
END $$;

CREATE TRIGGER lock_catalog BEFORE INSERT OR UPDATE OR DELETE ON atlas.attribute_definition
  FOR EACH STATEMENT EXECUTE FUNCTION atlas.lock_catalog();
CREATE TRIGGER revise_definition BEFORE INSERT OR UPDATE ON atlas.attribute_definition
  FOR EACH ROW EXECUTE FUNCTION atlas.revise_definition();
CREATE TRIGGER announce_catalog AFTER INSERT OR UPDATE OR DELETE ON atlas.attribute_definition
  FOR EACH STATEMENT EXECUTE FUNCTION atlas.announce_catalog();
