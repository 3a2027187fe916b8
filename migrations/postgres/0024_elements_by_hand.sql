-- Elements follow their list also where SQL by hand changes the key of its row, or truncates one partition. Nothing of it concerns the statements of
-- Atlas: none sets a column of the key, and a trigger on columns looks at nothing else.
CREATE FUNCTION atlas.move_elements() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  keys CONSTANT jsonb := jsonb_build_array(
    jsonb_build_array(OLD.tenant_id, OLD.entity_id, OLD.attribute_id), jsonb_build_array(NEW.tenant_id, NEW.entity_id, NEW.attribute_id));
  moved record;
BEGIN
  -- Another row of the statement may have left the one key, or come to the other: what counts is what is there now.
  FOR moved IN SELECT (key ->> 0)::integer AS tenant, (key ->> 1)::bigint AS entity, (key ->> 2)::integer AS attribute FROM jsonb_array_elements(keys) AS k (key) LOOP
    DELETE FROM atlas.entity_element WHERE tenant_id = moved.tenant AND entity_id = moved.entity AND attribute_id = moved.attribute;
    INSERT INTO atlas.entity_element (tenant_id, entity_id, attribute_id, position, value_text, value_number, is_first)
    SELECT moved.tenant, moved.entity, moved.attribute, place,
      CASE WHEN jsonb_typeof(element) = 'string' THEN element #>> '{}' END,
      CASE WHEN jsonb_typeof(element) = 'number' THEN element::float8 END,
      row_number() OVER (PARTITION BY element ORDER BY place) = 1
    FROM atlas.entity_attribute a, jsonb_array_elements(a.value_list::jsonb) WITH ORDINALITY AS list (element, place)
    WHERE a.tenant_id = moved.tenant AND a.entity_id = moved.entity AND a.attribute_id = moved.attribute;
  END LOOP;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION atlas.move_elements() FROM PUBLIC;
CREATE TRIGGER move_elements AFTER UPDATE OF tenant_id, entity_id, attribute_id ON atlas.entity_attribute
  FOR EACH ROW WHEN ((OLD.tenant_id, OLD.entity_id, OLD.attribute_id) IS DISTINCT FROM (NEW.tenant_id, NEW.entity_id, NEW.attribute_id))
  EXECUTE FUNCTION atlas.move_elements();

-- Both tables are partitioned alike.
CREATE FUNCTION atlas.truncate_partition_elements() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  EXECUTE format('TRUNCATE atlas.%I', replace(TG_TABLE_NAME, 'entity_attribute', 'entity_element'));
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION atlas.truncate_partition_elements() FROM PUBLIC;
DO $$
BEGIN
  FOR i IN 0..7 LOOP
    EXECUTE format('CREATE TRIGGER truncate_elements AFTER TRUNCATE ON atlas.entity_attribute_p%s
      FOR EACH STATEMENT EXECUTE FUNCTION atlas.truncate_partition_elements()', i);
  END LOOP;
END $$;
DROP TRIGGER truncate_elements ON atlas.entity_attribute;
DROP FUNCTION atlas.truncate_elements();
