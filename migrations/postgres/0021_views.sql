-- Views for tools that read SQL: one for each tenant and type, with the keys of attributes as columns. They are in the schemas
-- atlas_tenant_<id> that an operator has made and given to atlas_migrate; whoever may use such a schema reads one tenant, and needs no right on
-- a table. A view has the rights of its owner, whom row-level security does not concern: its condition is what parts tenants, and
-- security_barrier keeps functions of its readers behind that.

-- Makes the views what the catalog says. May be called at any time, any number of times. Returns the views that it could not change, and why.
CREATE FUNCTION atlas.refresh_views() RETURNS TABLE (view text, failure text)
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
REVOKE ALL ON FUNCTION atlas.refresh_views() FROM PUBLIC;
