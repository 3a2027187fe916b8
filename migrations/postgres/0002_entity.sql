-- Layout G: the entity row holds every attribute as jsonb (keyed by attribute id) and the hot ones as columns;
-- entity_attribute holds the filterable attributes that are not hot. Every unique key contains entity_id.
CREATE TABLE atlas.entity (
  tenant_id integer NOT NULL,
  entity_id bigint NOT NULL,
  type text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  attributes jsonb NOT NULL,
  -- Milliseconds since the epoch by attribute id, only where it was set after the entity was created.
  attribute_updated_at jsonb NOT NULL DEFAULT '{}',
  -- Text columns hold the first 256 code points: a longer value does not fit an index entry.
  text_1 text COLLATE "C",
  text_2 text COLLATE "C",
  text_3 text COLLATE "C",
  text_4 text COLLATE "C",
  number_1 double precision,
  number_2 double precision,
  number_3 double precision,
  number_4 double precision,
  boolean_1 boolean,
  boolean_2 boolean,
  timestamp_1 timestamptz(3),
  timestamp_2 timestamptz(3),
  PRIMARY KEY (tenant_id, entity_id)
) PARTITION BY HASH (tenant_id);

CREATE TABLE atlas.entity_attribute (
  tenant_id integer NOT NULL,
  entity_id bigint NOT NULL,
  attribute_id integer NOT NULL,
  -- Text, or canonical JSON: the first 256 code points.
  value_text text COLLATE "C",
  value_number double precision,
  value_boolean boolean,
  value_timestamp timestamptz(3),
  PRIMARY KEY (tenant_id, entity_id, attribute_id)
) PARTITION BY HASH (tenant_id);

-- What partitions log, the publication sends in the shape of the root: both must say FULL.
ALTER TABLE atlas.entity REPLICA IDENTITY FULL;

DO $$
BEGIN
  FOR i IN 0..7 LOOP
    EXECUTE format(
      'CREATE TABLE atlas.entity_p%1$s PARTITION OF atlas.entity FOR VALUES WITH (MODULUS 8, REMAINDER %1$s)
         WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02)', i);
    -- The old row travels with updates and deletes: change capture learns which attributes went away,
    -- and no value is missing because it was toasted and unchanged.
    EXECUTE format('ALTER TABLE atlas.entity_p%s REPLICA IDENTITY FULL', i);
    EXECUTE format(
      'CREATE TABLE atlas.entity_attribute_p%1$s PARTITION OF atlas.entity_attribute FOR VALUES WITH (MODULUS 8, REMAINDER %1$s)
         WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05)', i);
  END LOOP;
END $$;

CREATE INDEX entity_by_type ON atlas.entity (tenant_id, type, entity_id);
CREATE INDEX entity_by_created_at ON atlas.entity (tenant_id, created_at, entity_id);
CREATE INDEX entity_by_updated_at ON atlas.entity (tenant_id, updated_at, entity_id);

-- One index per hot column, and one over the first three columns in the order in which the catalog hands them out.
DO $$
DECLARE
  hot text;
BEGIN
  FOREACH hot IN ARRAY ARRAY['text_1', 'text_2', 'text_3', 'text_4', 'number_1', 'number_2', 'number_3', 'number_4',
                             'boolean_1', 'boolean_2', 'timestamp_1', 'timestamp_2'] LOOP
    EXECUTE format(
      'CREATE INDEX entity_by_%1$s ON atlas.entity (tenant_id, type, %1$s, entity_id) WHERE %1$s IS NOT NULL', hot);
  END LOOP;
END $$;
CREATE INDEX entity_by_hot ON atlas.entity (tenant_id, type, text_1, text_2, number_1, entity_id)
  WHERE text_1 IS NOT NULL AND text_2 IS NOT NULL AND number_1 IS NOT NULL;

CREATE INDEX entity_attribute_by_text ON atlas.entity_attribute (tenant_id, attribute_id, value_text, entity_id)
  WHERE value_text IS NOT NULL;
CREATE INDEX entity_attribute_by_number ON atlas.entity_attribute (tenant_id, attribute_id, value_number, entity_id)
  WHERE value_number IS NOT NULL;
CREATE INDEX entity_attribute_by_boolean ON atlas.entity_attribute (tenant_id, attribute_id, value_boolean, entity_id)
  WHERE value_boolean IS NOT NULL;
CREATE INDEX entity_attribute_by_timestamp ON atlas.entity_attribute (tenant_id, attribute_id, value_timestamp, entity_id)
  WHERE value_timestamp IS NOT NULL;

-- Called where a statement finds that a concurrent one has spoiled what it did: undone, it can be sent again.
CREATE FUNCTION atlas.lost_race() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the entity was deleted while it was updated' USING ERRCODE = 'serialization_failure';
END $$;
