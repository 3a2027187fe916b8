-- What is being done with the stored values of an attribute, in steps; see src/domain/catalog/attribute-storage.ts.
ALTER TABLE atlas.attribute_definition ADD COLUMN storage jsonb NOT NULL DEFAULT '{}';

-- What is deleted keeps its id, which change capture may still meet, and nothing else. No role needs the right to change a key.
CREATE OR REPLACE FUNCTION atlas.revise_definition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.revision := nextval('atlas.catalog_revision_seq');
  NEW.updated_at := clock_timestamp();
  IF NEW.storage ? 'deleted' THEN
    NEW.key := '~' || NEW.attribute_id;
    NEW.description := NULL;
    NEW.entity_types := '{}';
    NEW.filterable := false;
    NEW.exposed := false;
    NEW.hot_column := NULL;
    NEW.rules := '{}';
    NEW.access := '{}';
  END IF;
  RETURN NEW;
END $$;

-- Whoever writes to this shard, or copies it, with an older revision of the catalog reads the catalog again first.
ALTER TABLE atlas.shard ADD COLUMN needed_catalog bigint NOT NULL DEFAULT 0;

CREATE FUNCTION atlas.stale_catalog() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the catalog of the writer is too old' USING ERRCODE = 'AT001';
END $$;

-- How far the step of an attribute has come on this shard. The row stays: whoever is still at an earlier step finds that it is over.
CREATE TABLE atlas.attribute_move (
  tenant_id integer NOT NULL,
  attribute_id integer NOT NULL,
  step integer NOT NULL,
  pass integer NOT NULL DEFAULT 1,           -- over all entities; another one follows if this one changes anything
  reached bigint,                            -- the last entity of this pass; null: it begins
  is_passed boolean NOT NULL DEFAULT false,  -- the pass is over
  entities bigint NOT NULL DEFAULT 0,        -- looked at in this pass
  changed bigint NOT NULL DEFAULT 0,         -- in this pass
  position pg_lsn,                           -- the step is complete here; every change that it made lies before
  completed_at timestamptz(3),
  deletes boolean NOT NULL DEFAULT false,    -- the values are removed, and have to be from ClickHouse too
  removed_at timestamptz(3),                 -- when they were removed from there
  system_id bigint NOT NULL DEFAULT (pg_control_system()).system_identifier,
  PRIMARY KEY (tenant_id, attribute_id)
);
CREATE INDEX attribute_move_to_remove ON atlas.attribute_move (attribute_id) WHERE deletes AND removed_at IS NULL;

ALTER TABLE atlas.attribute_move ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON atlas.attribute_move TO atlas_serve
  USING (tenant_id = nullif(current_setting('atlas.tenant_id', true), '')::integer);
CREATE POLICY every_tenant ON atlas.attribute_move TO atlas_replicate USING (true);
