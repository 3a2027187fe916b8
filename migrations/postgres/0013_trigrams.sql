-- Texts are found by their parts, and whatever the case of their letters, by their trigrams. Both extensions are trusted: whoever may
-- create the schema may create them.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA public;

-- Per partition, so that an operator of a large shard can create them beforehand, with CONCURRENTLY and under these names.
DO $$
DECLARE
  partition record;
  trigrams CONSTANT text := (SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_trgm');
BEGIN
  FOR partition IN SELECT oid::regclass::text AS place, relname FROM pg_class
             WHERE oid IN (SELECT relid FROM pg_partition_tree('atlas.entity_attribute') WHERE isleaf) LOOP
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %s USING gin (tenant_id, attribute_id, value_text %s.gin_trgm_ops)
      WHERE value_text IS NOT NULL', partition.relname || '_by_trigrams', partition.place, trigrams);
  END LOOP;
  EXECUTE format('CREATE INDEX entity_attribute_by_trigrams ON atlas.entity_attribute
    USING gin (tenant_id, attribute_id, value_text %s.gin_trgm_ops) WHERE value_text IS NOT NULL', trigrams);
END $$;

-- Values that may go on beyond their indexed beginning: 256 is INDEXED_TEXT_LENGTH.
CREATE INDEX entity_attribute_cut ON atlas.entity_attribute (tenant_id, attribute_id, entity_id)
  WHERE char_length(value_text) = 256;

-- The tenant's entities whose indexed text matches, and those whose text may match beyond it. Regular expressions are not leakproof: under
-- row-level security, no index serves them. So this looks as the owner, only at the tenant that the connection has sent. Planned for
-- each pattern anew; the number of rows says to the planner that it is worth beginning with them. `most` of each are enough; null: all.
CREATE FUNCTION atlas.entities_by_text(attribute integer, pattern text, or_cut boolean, most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog COST 1000 ROWS 50 AS $$
DECLARE
  tenant CONSTANT integer := nullif(current_setting('atlas.tenant_id', true), '')::integer;
BEGIN
  RETURN QUERY EXECUTE 'SELECT entity_id FROM atlas.entity_attribute
    WHERE tenant_id = $1 AND attribute_id = $2 AND value_text IS NOT NULL AND value_text ~ $3
    LIMIT $4' USING tenant, attribute, pattern, most;
  IF or_cut THEN
    RETURN QUERY EXECUTE 'SELECT entity_id FROM atlas.entity_attribute
      WHERE tenant_id = $1 AND attribute_id = $2 AND char_length(value_text) = 256 LIMIT $3' USING tenant, attribute, most;
  END IF;
END $$;
REVOKE ALL ON FUNCTION atlas.entities_by_text(integer, text, boolean, integer) FROM PUBLIC;
