-- At least the tenant's entities that have all words in their texts of these attributes: those that may have the one word that fewest have. If that
-- is as many as `most`, it may be any of them. `hot` are the columns of those attributes that have one; `parts` are patterns of the words as
-- parts of texts, for the trigrams; `words` are patterns of the words themselves. Like atlas.entities_by_text, it looks as the owner, only at the tenant that the
-- connection has sent: row-level security lets no index serve a regular expression.
CREATE FUNCTION atlas.entities_by_words(attributes integer[], hot text[], of_type text, parts text[], words text[], most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog COST 1000 ROWS 50 AS $$
DECLARE
  tenant CONSTANT integer := nullif(current_setting('atlas.tenant_id', true), '')::integer;
  -- More values of a hot column than these are not looked for one by one.
  most_values CONSTANT integer := 1000;
  selected CONSTANT text := 'FROM atlas.entity WHERE tenant_id = $1' || CASE WHEN of_type IS NULL THEN '' ELSE ' AND type = $2' END;
  by_rows CONSTANT text := 'SELECT entity_id FROM atlas.entity_attribute WHERE tenant_id = $1 AND attribute_id = ANY($3) AND value_text IS NOT NULL';
  -- The concatenation keeps the index from being asked for the word itself: the separators are too many to tell trigrams by, and take time.
  has_word CONSTANT text := ' AND value_text ~ $4[%1$s] AND value_text || '''' ~ $5[%1$s]';
  -- Nothing is known of how a text goes on beyond what is indexed: 256 is INDEXED_TEXT_LENGTH.
  cut CONSTANT text := ' UNION ALL SELECT entity_id FROM atlas.entity_attribute WHERE tenant_id = $1 AND attribute_id = ANY($3) AND char_length(value_text) = 256';
  by_columns text := '';
  column_name text;
  types text[];
  texts text[];
  known_columns text[] := '{}';
  known_types text[] := '{}';
  known_texts text[] := '{}';
  word integer;
  query text;
  found bigint[];
BEGIN
  IF cardinality(attributes) = 1 AND cardinality(hot) = 0 THEN
    -- All words must be in the one text.
    SELECT by_rows || string_agg(format(has_word, n), '') INTO query FROM generate_subscripts(parts, 1) AS n;
    RETURN QUERY EXECUTE query || cut || ' LIMIT $6' USING tenant, of_type, attributes, parts, words, most;
    RETURN;
  END IF;

  -- Many entities share a hot text, so the different ones are looked for first, from one to the next.
  FOREACH column_name IN ARRAY hot LOOP
    EXECUTE format('WITH RECURSIVE v AS (
        (SELECT type, %1$I AS text %2$s AND %1$I IS NOT NULL ORDER BY type, %1$I LIMIT 1)
        UNION ALL
        SELECT n.* FROM v, LATERAL (SELECT type, %1$I %2$s AND %1$I IS NOT NULL AND %3$s ORDER BY type, %1$I LIMIT 1) n)
      SELECT array_agg(type), array_agg(text) FROM (SELECT * FROM v LIMIT %4$s) f', column_name, selected,
      CASE WHEN of_type IS NULL THEN format('(type, %I) > (v.type, v.text)', column_name) ELSE format('%I > v.text', column_name) END,
      most_values + 1) INTO types, texts USING tenant, of_type;
    IF cardinality(texts) > most_values THEN
      by_columns := by_columns || format(' UNION ALL SELECT entity_id %1$s AND (%2$I ~ $5[%%1$s] OR char_length(%2$I) = 256)', selected, column_name);
    ELSE
      by_columns := by_columns || format(' UNION ALL SELECT e.entity_id FROM unnest($7, $8, $9) AS k (name, type, text),
        LATERAL (SELECT entity_id FROM atlas.entity WHERE tenant_id = $1 AND type = k.type AND %1$I = k.text LIMIT $6) e
        WHERE k.name = %1$L AND (k.text ~ $5[%%1$s] OR char_length(k.text) = 256)', column_name);
      known_columns := known_columns || array_fill(column_name, ARRAY[coalesce(cardinality(texts), 0)]);
      known_types := known_types || types;
      known_texts := known_texts || texts;
    END IF;
  END LOOP;

  -- The first entities tell which words are frequent; of others, the first that is given comes first.
  FOR word IN EXECUTE format('SELECT n::integer FROM unnest($4) WITH ORDINALITY AS w (part, n)
      ORDER BY CASE WHEN cardinality($4) > 1 THEN (SELECT count(*) FROM (
        SELECT (SELECT string_agg(attributes ->> id::text, E''\n'') FROM unnest($3) AS id) AS text %s ORDER BY entity_id LIMIT 100) first
        WHERE text ~ part) END, n', selected) USING tenant, of_type, attributes, parts
  LOOP
    query := by_rows || format(has_word, word) || cut || format(by_columns, word);
    EXECUTE 'SELECT array_agg(entity_id) FROM (' || query || ' LIMIT $6) f'
      INTO found USING tenant, of_type, attributes, parts, words, most, known_columns, known_types, known_texts;
    EXIT WHEN coalesce(cardinality(found), 0) < most;
  END LOOP;
  RETURN QUERY SELECT unnest(found);
END $$;
REVOKE ALL ON FUNCTION atlas.entities_by_words(integer[], text[], text, text[], text[], integer) FROM PUBLIC;
