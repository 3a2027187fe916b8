-- The Kelvin sign differs from k only in case, as do old forms from some letters of Cyrillic. They come from U+0800 on, and an expression that lists one of them beside its letter tells
-- the index on trigrams of neither. So texts are looked for without them, and the few that have one have an index of their own.
-- Per partition, so that an operator of a large shard can create them beforehand, with CONCURRENTLY and under these names (docs/operating.md).
DO $$
DECLARE
  partition record;
  definition CONSTANT text := $definition$(tenant_id, attribute_id, entity_id) WHERE value_text ~ '[\u1C80-\u1C87\u212A]'$definition$;
BEGIN
  FOR partition IN SELECT oid::regclass::text AS place, relname FROM pg_class
             WHERE oid IN (SELECT relid FROM pg_partition_tree('atlas.entity_attribute') WHERE isleaf) LOOP
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %s %s', partition.relname || '_with_rare_letters', partition.place, definition);
  END LOOP;
  EXECUTE format('CREATE INDEX entity_attribute_with_rare_letters ON atlas.entity_attribute %s', definition);
  FOR partition IN SELECT format('atlas.%I', relname || '_with_rare_letters') AS index FROM pg_class
             WHERE oid IN (SELECT relid FROM pg_partition_tree('atlas.entity_attribute') WHERE isleaf) LOOP
    IF NOT EXISTS (SELECT FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid
                   WHERE inhrelid = partition.index::regclass AND inhparent = 'atlas.entity_attribute_with_rare_letters'::regclass AND indisvalid) THEN
      RAISE EXCEPTION 'The index % is not valid, or has another definition; drop it, and migrate again.', partition.index;
    END IF;
  END LOOP;
END $$;

-- What is temporary comes last: a type of that name would otherwise be found first, and its checks run with the rights of the owner.
DO $$
DECLARE
  definer record;
BEGIN
  FOR definer IN SELECT oid::regprocedure::text AS name FROM pg_proc WHERE pronamespace = 'atlas'::regnamespace AND prosecdef LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', definer.name);
  END LOOP;
END $$;

-- At least the tenant's entities whose texts of these attributes meet all lookups: those that may meet the one that fewest meet. If that is as many as `most`, it may
-- be any of them; null: all that meet one. `hot` are the columns of those attributes that have one. A lookup is `{"parts": [[operator, operand], …], "patterns": […], "rare": […]}`: the index is
-- asked for the parts, and what it finds is held against the patterns; texts with rare letters are held against the patterns in `rare`, if there are any. `or_cut` adds texts that may go on
-- beyond what is indexed.
-- Regular expressions are not leakproof: under row-level security, no index serves them. So this looks as the owner, only at the tenant that the
-- connection has sent. Planned for each lookup anew; the number of rows says to the planner that it is worth beginning with them.
CREATE FUNCTION atlas.entities_by_texts(attributes integer[], hot text[], of_type text, lookups jsonb, or_cut boolean, most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp COST 1000 ROWS 50 AS $$
DECLARE
  tenant CONSTANT integer := nullif(current_setting('atlas.tenant_id', true), '')::integer;
  -- More texts of a hot column than these are not looked for one by one, nor are those of so few entities.
  most_texts CONSTANT integer := 1000;
  few_entities CONSTANT integer := 5000;
  selected CONSTANT text := 'FROM atlas.entity WHERE tenant_id = $1' || CASE WHEN of_type IS NULL THEN '' ELSE ' AND type = $2' END;
  by_rows CONSTANT text := 'SELECT entity_id FROM atlas.entity_attribute WHERE tenant_id = $1 AND attribute_id = ANY($3)';
  are_few boolean := false;
  read_columns text[] := '{}';
  known_columns text[] := '{}';
  known_types text[] := '{}';
  known_texts text[] := '{}';
  column_name text;
  types text[];
  texts text[];
  lookup jsonb;
  patterns text[];
  query text;
  found bigint[];
BEGIN
  IF cardinality(hot) > 0 THEN
    EXECUTE format('SELECT count(*) <= %2$s FROM (SELECT %1$s LIMIT %2$s + 1) f', selected, few_entities) INTO are_few USING tenant, of_type;
  END IF;
  -- Many entities share a hot text, so the different ones are looked for first, from one to the next.
  FOREACH column_name IN ARRAY hot LOOP
    IF NOT are_few THEN
      EXECUTE format('WITH RECURSIVE v AS (
          (SELECT type, %1$I AS text %2$s AND %1$I IS NOT NULL ORDER BY type, %1$I LIMIT 1)
          UNION ALL
          SELECT n.* FROM v, LATERAL (SELECT type, %1$I %2$s AND %1$I IS NOT NULL AND %3$s ORDER BY type, %1$I LIMIT 1) n)
        SELECT array_agg(type), array_agg(text) FROM (SELECT * FROM v LIMIT %4$s) f', column_name, selected,
        CASE WHEN of_type IS NULL THEN format('(type, %I) > (v.type, v.text)', column_name) ELSE format('%I > v.text', column_name) END,
        most_texts + 1) INTO types, texts USING tenant, of_type;
    END IF;
    IF are_few OR cardinality(texts) > most_texts THEN
      read_columns := read_columns || column_name;
    ELSE
      known_columns := known_columns || array_fill(column_name, ARRAY[coalesce(cardinality(texts), 0)]);
      known_types := known_types || types;
      known_texts := known_texts || texts;
    END IF;
  END LOOP;

  -- The first entities tell which lookups many meet; of others, the one that is given first comes first.
  FOR lookup IN EXECUTE CASE WHEN jsonb_array_length(lookups) = 1 THEN 'SELECT $4 -> 0' ELSE format('WITH first AS MATERIALIZED (
        SELECT coalesce((SELECT string_agg(value, E''\n'') FROM jsonb_each_text(attributes) WHERE key = ANY($3::text[])), '''') AS text
        FROM (SELECT attributes %s ORDER BY entity_id LIMIT 100) e)
      SELECT l FROM jsonb_array_elements($4) WITH ORDINALITY AS given (l, n)
      ORDER BY (SELECT count(*) FROM first WHERE NOT EXISTS (SELECT FROM jsonb_array_elements_text(l -> ''patterns'') AS pattern WHERE first.text !~ pattern)), n', selected) END
    USING tenant, of_type, attributes, lookups
  LOOP
    patterns := ARRAY(SELECT jsonb_array_elements_text(lookup -> 'patterns'));
    -- The concatenation keeps the index from being asked for the pattern, which may have more characters than trigrams can tell.
    query := by_rows || ' AND value_text IS NOT NULL'
      || coalesce((SELECT string_agg(format(' AND value_text %s %L', CASE part ->> 0 WHEN '~~' THEN '~~' ELSE '~' END, part ->> 1), '')
                   FROM jsonb_array_elements(lookup -> 'parts') AS part), '')
      || coalesce((SELECT string_agg(format(' AND value_text || '''' ~ %L', pattern), '') FROM unnest(patterns) AS pattern), '');
    IF jsonb_array_length(lookup -> 'rare') > 0 THEN
      query := query || ' UNION ALL ' || by_rows || ' AND value_text ~ ''[\u1C80-\u1C87\u212A]'''
        || (SELECT string_agg(format(' AND value_text || '''' ~ %L', pattern), '') FROM jsonb_array_elements_text(lookup -> 'rare') AS pattern);
    END IF;
    -- 256 is INDEXED_TEXT_LENGTH.
    IF or_cut THEN
      query := query || ' UNION ALL ' || by_rows || ' AND char_length(value_text) = 256';
    END IF;
    IF cardinality(read_columns) > 0 THEN
      query := query || ' UNION ALL SELECT entity_id ' || selected || ' AND (' || (
        SELECT string_agg(format('char_length(%1$I) = 256 OR (%1$I IS NOT NULL%2$s)', place,
          coalesce((SELECT string_agg(format(' AND %I ~ %L', place, pattern), '') FROM unnest(patterns) AS pattern), '')), ' OR ')
        FROM unnest(read_columns) AS place) || ')';
    END IF;
    FOREACH column_name IN ARRAY hot LOOP
      CONTINUE WHEN column_name = ANY(read_columns);
      query := query || format(' UNION ALL SELECT e.entity_id FROM unnest($5, $6, $7) AS known (place, type, text),
          LATERAL (SELECT entity_id FROM atlas.entity WHERE tenant_id = $1 AND type = known.type AND %1$I = known.text LIMIT $4) e
        WHERE known.place = %1$L AND (char_length(known.text) = 256 OR (true', column_name)
        || coalesce((SELECT string_agg(format(' AND known.text ~ %L', pattern), '') FROM unnest(patterns) AS pattern), '') || '))';
    END LOOP;
    EXECUTE 'SELECT array_agg(entity_id) FROM (' || query || ' LIMIT $4) f'
      INTO found USING tenant, of_type, attributes, most, known_columns, known_types, known_texts;
    EXIT WHEN coalesce(cardinality(found), 0) < most;
  END LOOP;
  RETURN QUERY SELECT unnest(found);
END $$;
REVOKE ALL ON FUNCTION atlas.entities_by_texts(integer[], text[], text, jsonb, boolean, integer) FROM PUBLIC;
