-- Characters that differ only in case from a letter before U+0800, but come later: the Kelvin sign from k, an old form from the Cyrillic letter o; and two that may be no letters to
-- the server: the long s, and a mark that counts as an iota. An expression that lists one of them beside its letter tells the index on trigrams nothing of it, or too little. So
-- texts are looked for without them, and those that have one have an index of their own.
-- Per partition, so that an operator of a large shard can create them beforehand, with CONCURRENTLY and under these names.
DO $$
DECLARE
  partition record;
  definition CONSTANT text := $definition$(tenant_id, attribute_id, entity_id) WHERE value_text ~ '[ſͅᲀᲁᲂᲃᲄᲅᲆᲇẞιΐΰΩKÅⱢⱤⱥⱦⱭⱮⱯⱰⱾⱿꞍꞪꞫꞬꞭꞮꞰꞱꞲꟅꟋꟜ]'$definition$;
BEGIN
  FOR partition IN SELECT oid::regclass::text AS place, relname FROM pg_class
             WHERE oid IN (SELECT relid FROM pg_partition_tree('atlas.entity_attribute') WHERE isleaf) LOOP
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %s %s', partition.relname || '_with_rare_letters', partition.place, definition);
  END LOOP;
  EXECUTE format('CREATE INDEX entity_attribute_with_rare_letters ON atlas.entity_attribute %s', definition);
END $$;

-- At least the tenant's entities whose texts of these attributes meet all lookups: those that may meet the one that fewest meet. If that is as many as `most`, it may
-- be any of them; null: all that meet one. `hot` are the columns of those attributes that have one. A lookup is `{"parts": [[operator, operand], …], "patterns": […], "rare": boolean}`: the index is
-- asked for the parts, what it finds is held against the patterns, and texts with rare letters may meet them otherwise. `or_cut` adds texts that may go on beyond what is indexed.
-- Regular expressions are not leakproof: under row-level security, no index serves them. So this looks as the owner, only at the tenant that the
-- connection has sent. Planned for each lookup anew; the number of rows says to the planner that it is worth beginning with them.
CREATE FUNCTION atlas.entities_by_texts(attributes integer[], hot text[], of_type text, lookups jsonb, or_cut boolean, most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog COST 1000 ROWS 50 AS $$
DECLARE
  tenant CONSTANT integer := nullif(current_setting('atlas.tenant_id', true), '')::integer;
  -- More texts of a hot column than these are not looked for one by one.
  most_texts CONSTANT integer := 1000;
  selected CONSTANT text := 'FROM atlas.entity WHERE tenant_id = $1' || CASE WHEN of_type IS NULL THEN '' ELSE ' AND type = $2' END;
  rows CONSTANT text := 'SELECT entity_id FROM atlas.entity_attribute WHERE tenant_id = $1 AND attribute_id = ANY($3)';
  known_columns text[] := '{}';
  known_types text[] := '{}';
  known_texts text[] := '{}';
  column_name text;
  types text[];
  texts text[];
  lookup jsonb;
  query text;
  found bigint[];
BEGIN
  -- Many entities share a hot text, so the different ones are looked for first, from one to the next.
  FOREACH column_name IN ARRAY hot LOOP
    EXECUTE format('WITH RECURSIVE v AS (
        (SELECT type, %1$I AS text %2$s AND %1$I IS NOT NULL ORDER BY type, %1$I LIMIT 1)
        UNION ALL
        SELECT n.* FROM v, LATERAL (SELECT type, %1$I %2$s AND %1$I IS NOT NULL AND %3$s ORDER BY type, %1$I LIMIT 1) n)
      SELECT array_agg(type), array_agg(text) FROM (SELECT * FROM v LIMIT %4$s) f', column_name, selected,
      CASE WHEN of_type IS NULL THEN format('(type, %I) > (v.type, v.text)', column_name) ELSE format('%I > v.text', column_name) END,
      most_texts + 1) INTO types, texts USING tenant, of_type;
    known_columns := known_columns || array_fill(column_name, ARRAY[coalesce(cardinality(texts), 0)]);
    known_types := known_types || types;
    known_texts := known_texts || texts;
  END LOOP;

  -- The first entities tell which lookups many meet; of others, the one that is given first comes first.
  FOR lookup IN EXECUTE format('SELECT l FROM jsonb_array_elements($4) WITH ORDINALITY AS given (l, n)
      ORDER BY CASE WHEN jsonb_array_length($4) > 1 THEN (SELECT count(*) FROM (
        SELECT (SELECT string_agg(attributes ->> id::text, E''\n'') FROM unnest($3) AS id) AS text %s ORDER BY entity_id LIMIT 100) first
        WHERE NOT EXISTS (SELECT FROM jsonb_array_elements_text(l -> ''patterns'') AS pattern WHERE first.text !~ pattern)) END, n', selected)
    USING tenant, of_type, attributes, lookups
  LOOP
    -- The concatenation keeps the index from being asked for the pattern, which may have more characters than trigrams can tell.
    query := rows || ' AND value_text IS NOT NULL'
      || coalesce((SELECT string_agg(format(' AND value_text %s %L', CASE part ->> 0 WHEN '~~' THEN '~~' ELSE '~' END, part ->> 1), '')
                   FROM jsonb_array_elements(lookup -> 'parts') AS part), '')
      || coalesce((SELECT string_agg(format(' AND value_text || '''' ~ %L', pattern), '') FROM jsonb_array_elements_text(lookup -> 'patterns') AS pattern), '');
    IF (lookup -> 'rare')::boolean THEN
      query := query || ' UNION ALL ' || rows || ' AND value_text ~ ''[ſͅᲀᲁᲂᲃᲄᲅᲆᲇẞιΐΰΩKÅⱢⱤⱥⱦⱭⱮⱯⱰⱾⱿꞍꞪꞫꞬꞭꞮꞰꞱꞲꟅꟋꟜ]''';
    END IF;
    -- 256 is INDEXED_TEXT_LENGTH.
    IF or_cut THEN
      query := query || ' UNION ALL ' || rows || ' AND char_length(value_text) = 256';
    END IF;
    FOREACH column_name IN ARRAY hot LOOP
      IF cardinality(array_positions(known_columns, column_name)) > most_texts THEN
        query := query || format(' UNION ALL SELECT entity_id %s AND (char_length(%2$I) = 256 OR true', selected, column_name)
          || coalesce((SELECT string_agg(format(' AND %I ~ %L', column_name, pattern), '') FROM jsonb_array_elements_text(lookup -> 'patterns') AS pattern), '') || ')';
      ELSE
        query := query || format(' UNION ALL SELECT e.entity_id FROM unnest($5, $6, $7) AS known (place, type, text),
            LATERAL (SELECT entity_id FROM atlas.entity WHERE tenant_id = $1 AND type = known.type AND %1$I = known.text LIMIT $4) e
          WHERE known.place = %1$L AND (char_length(known.text) = 256 OR true', column_name)
          || coalesce((SELECT string_agg(format(' AND known.text ~ %L', pattern), '') FROM jsonb_array_elements_text(lookup -> 'patterns') AS pattern), '') || ')';
      END IF;
    END LOOP;
    EXECUTE 'SELECT array_agg(entity_id) FROM (' || query || ' LIMIT $4) f'
      INTO found USING tenant, of_type, attributes, most, known_columns, known_types, known_texts;
    EXIT WHEN coalesce(cardinality(found), 0) < most;
  END LOOP;
  RETURN QUERY SELECT unnest(found);
END $$;
REVOKE ALL ON FUNCTION atlas.entities_by_texts(integer[], text[], text, jsonb, boolean, integer) FROM PUBLIC;
