-- A list is indexed by its size and by its elements: the size is value_number of its row in entity_attribute, and each element has a row here.
-- A shard that gets the types after the home cannot apply definitions of them until then; its subscription retries.
ALTER TABLE atlas.attribute_definition DROP CONSTRAINT attribute_definition_type_check;
ALTER TABLE atlas.attribute_definition ADD CONSTRAINT attribute_definition_type_check
  CHECK (type IN ('TEXT', 'NUMBER', 'BOOLEAN', 'TIMESTAMP', 'JSON', 'REFERENCE', 'TEXT_LIST', 'NUMBER_LIST'));

-- Of a list, its canonical JSON. Whoever writes it writes the elements: the triggers below follow it.
ALTER TABLE atlas.entity_attribute ADD COLUMN value_list text COLLATE "C";

CREATE TABLE atlas.entity_element (
  tenant_id integer NOT NULL,
  entity_id bigint NOT NULL,
  attribute_id integer NOT NULL,
  position integer NOT NULL,  -- in the list, from 1
  value_text text COLLATE "C",
  value_number double precision,
  is_first boolean NOT NULL,  -- no element before it is equal
  PRIMARY KEY (tenant_id, entity_id, attribute_id, position)
) PARTITION BY HASH (tenant_id);

-- See 0015 for the statistics.
DO $$
BEGIN
  FOR i IN 0..7 LOOP
    EXECUTE format(
      'CREATE TABLE atlas.entity_element_p%1$s PARTITION OF atlas.entity_element FOR VALUES WITH (MODULUS 8, REMAINDER %1$s)
         WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05)', i);
    EXECUTE format('ALTER TABLE atlas.entity_element_p%s ENABLE ROW LEVEL SECURITY', i);
    EXECUTE format('CREATE STATISTICS atlas.entity_element_p%1$s_tenant (dependencies) ON tenant_id, attribute_id FROM atlas.entity_element_p%1$s', i);
  END LOOP;
END $$;

-- Equality of texts and numbers is leakproof, which containment of arrays is not: so these serve filters under row-level security, in the order of ids.
CREATE INDEX entity_element_by_text ON atlas.entity_element (tenant_id, attribute_id, value_text, entity_id) INCLUDE (is_first)
  WHERE value_text IS NOT NULL;
CREATE INDEX entity_element_by_number ON atlas.entity_element (tenant_id, attribute_id, value_number, entity_id) INCLUDE (is_first)
  WHERE value_number IS NOT NULL;

ALTER TABLE atlas.entity_element ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON atlas.entity_element TO atlas_serve
  USING (tenant_id = nullif(current_setting('atlas.tenant_id', true), '')::integer);

-- Elements change with their list, in its statement, and in no other way: as the owner, because no role may write them.
CREATE FUNCTION atlas.keep_elements() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM atlas.entity_element
    WHERE tenant_id = OLD.tenant_id AND entity_id = OLD.entity_id AND attribute_id = OLD.attribute_id
      AND (TG_OP = 'DELETE' OR NEW.value_list IS NULL OR position > NEW.value_number);
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.value_list IS NOT NULL THEN
    INSERT INTO atlas.entity_element AS x (tenant_id, entity_id, attribute_id, position, value_text, value_number, is_first)
    SELECT NEW.tenant_id, NEW.entity_id, NEW.attribute_id, place,
      CASE WHEN jsonb_typeof(element) = 'string' THEN element #>> '{}' END,
      CASE WHEN jsonb_typeof(element) = 'number' THEN element::float8 END,
      row_number() OVER (PARTITION BY element ORDER BY place) = 1
    FROM jsonb_array_elements(NEW.value_list::jsonb) WITH ORDINALITY AS list (element, place)
    ON CONFLICT (tenant_id, entity_id, attribute_id, position) DO UPDATE
    SET value_text = EXCLUDED.value_text, value_number = EXCLUDED.value_number, is_first = EXCLUDED.is_first
    WHERE (x.value_text, x.value_number, x.is_first) IS DISTINCT FROM (EXCLUDED.value_text, EXCLUDED.value_number, EXCLUDED.is_first);
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION atlas.keep_elements() FROM PUBLIC;

CREATE TRIGGER insert_elements AFTER INSERT ON atlas.entity_attribute
  FOR EACH ROW WHEN (NEW.value_list IS NOT NULL) EXECUTE FUNCTION atlas.keep_elements();
CREATE TRIGGER update_elements AFTER UPDATE ON atlas.entity_attribute
  FOR EACH ROW WHEN (OLD.value_list IS DISTINCT FROM NEW.value_list) EXECUTE FUNCTION atlas.keep_elements();
CREATE TRIGGER delete_elements AFTER DELETE ON atlas.entity_attribute
  FOR EACH ROW WHEN (OLD.value_list IS NOT NULL) EXECUTE FUNCTION atlas.keep_elements();

CREATE FUNCTION atlas.truncate_elements() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  TRUNCATE atlas.entity_element;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION atlas.truncate_elements() FROM PUBLIC;
CREATE TRIGGER truncate_elements AFTER TRUNCATE ON atlas.entity_attribute
  FOR EACH STATEMENT EXECUTE FUNCTION atlas.truncate_elements();

CREATE OR REPLACE FUNCTION atlas.refresh_statistics() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  ANALYZE atlas.entity, atlas.entity_attribute, atlas.entity_element;
END $$;

-- As 0021, with lists as arrays. Makes the views what the catalog says. May be called at any time, any number of times. Returns the views that it could not change, and why.
CREATE OR REPLACE FUNCTION atlas.refresh_views() RETURNS TABLE (view text, failure text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '1s' AS $$
DECLARE
  -- A view can have 1,600 columns.
  most_columns constant integer := 1500;
  space record;
  wanted record;
  known text;
  mark text;
BEGIN
  -- Who comes second leaves it to the first.
  IF NOT pg_try_advisory_xact_lock(7274692024) THEN RETURN; END IF;
  FOR space IN
    SELECT oid, nspname AS name, substring(nspname FROM 14)::bigint AS tenant FROM pg_namespace
    WHERE nspname ~ '^atlas_tenant_[1-9][0-9]{0,9}$' AND nspowner = current_user::regrole ORDER BY nspname
  LOOP
    CONTINUE WHEN space.tenant > 2147483647;
    FOR wanted IN
      WITH RECURSIVE met AS (
        (SELECT type FROM atlas.entity WHERE tenant_id = space.tenant ORDER BY type LIMIT 1)
        UNION ALL
        SELECT (SELECT e.type FROM atlas.entity e WHERE e.tenant_id = space.tenant AND e.type > met.type ORDER BY e.type LIMIT 1)
        FROM met WHERE met.type IS NOT NULL
      ), types AS (
        SELECT type FROM met WHERE type IS NOT NULL
        UNION
        -- What has a view keeps it, so that nothing that reads it breaks when the last entity is deleted.
        SELECT relname::text FROM pg_class
        WHERE relnamespace = space.oid AND relkind = 'v' AND relname !~ '^_' AND obj_description(oid, 'pg_class') LIKE 'Made by Atlas%'
      ), visible AS (
        SELECT DISTINCT ON (key) * FROM atlas.attribute_definition WHERE tenant_id IN (0, space.tenant) ORDER BY key, tenant_id DESC
      ), shown AS (
        SELECT * FROM visible WHERE retired_at IS NULL AND NOT storage ? 'deleted' AND NOT access ? 'read'
      ), columns AS (
        SELECT t.type AS of_type, s.key, row_number() OVER (PARTITION BY t.type ORDER BY s.key) AS place,
          format(CASE s.type
            WHEN 'TEXT' THEN ', attributes ->> %L AS %I'
            WHEN 'NUMBER' THEN ', (attributes ->> %L)::float8 AS %I'
            WHEN 'BOOLEAN' THEN ', (attributes ->> %L)::boolean AS %I'
            WHEN 'TIMESTAMP' THEN ', (attributes ->> %L)::timestamptz(3) AS %I'
            WHEN 'REFERENCE' THEN ', (attributes ->> %L)::bigint AS %I'
            WHEN 'TEXT_LIST' THEN ', CASE WHEN attributes ? %1$L THEN ARRAY(SELECT jsonb_array_elements_text(attributes -> %1$L)) END AS %2$I'
            WHEN 'NUMBER_LIST' THEN ', CASE WHEN attributes ? %1$L THEN ARRAY(SELECT jsonb_array_elements_text(attributes -> %1$L)::float8) END AS %2$I'
            ELSE ', attributes -> %L AS %I'
          END, s.attribute_id::text, s.key) AS expression
        FROM types t JOIN shown s ON s.entity_types = '{}' OR t.type = ANY (s.entity_types)
      )
      SELECT t.type AS name, format(
          'SELECT entity_id AS _id, version AS _version, created_at AS _created_at, updated_at AS _updated_at%s FROM atlas.entity WHERE tenant_id = %s AND type = %L',
          (SELECT string_agg(expression, '' ORDER BY key) FROM columns WHERE of_type = t.type AND place <= most_columns), space.tenant, t.type
        ) AS definition, (SELECT count(*) FROM columns WHERE of_type = t.type) > most_columns AS is_cut
      FROM types t
      UNION ALL
      SELECT '_attributes', format(
          'SELECT key, type, description, entity_types FROM (SELECT DISTINCT ON (key) * FROM atlas.attribute_definition WHERE tenant_id IN (0, %s) ORDER BY key, tenant_id DESC) d
           WHERE retired_at IS NULL AND NOT storage ? ''deleted'' AND NOT access ? ''read''', space.tenant), false
      UNION ALL
      SELECT '_freshness', 'SELECT shard_id AS shard, heartbeat_at AS complete_until FROM atlas.shard', false
      ORDER BY name
    LOOP
      view := format('%I.%I', space.name, wanted.name);
      mark := 'Made by Atlas from the catalog: ' || md5(wanted.definition);
      SELECT coalesce(obj_description(oid, 'pg_class'), '') INTO known FROM pg_class
        WHERE relnamespace = space.oid AND relname = wanted.name;
      IF NOT FOUND OR known LIKE 'Made by Atlas%' AND known <> mark THEN
        BEGIN
          -- Columns can be removed and renamed only so. No one sees it in between.
          EXECUTE format('DROP VIEW IF EXISTS %s', view);
          EXECUTE format('CREATE VIEW %s WITH (security_barrier) AS %s', view, wanted.definition);
          EXECUTE format('COMMENT ON VIEW %s IS %L', view, mark);
        EXCEPTION WHEN OTHERS THEN
          failure := SQLERRM;
          RETURN NEXT;
        END;
      ELSIF known NOT LIKE 'Made by Atlas%' THEN
        failure := 'it was not made by Atlas';
        RETURN NEXT;
      END IF;
      IF wanted.is_cut THEN
        failure := format('it has only the first %s attributes; list the types of attributes in their definitions', most_columns);
        RETURN NEXT;
      END IF;
    END LOOP;
  END LOOP;
END $$;
