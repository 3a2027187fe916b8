-- The publication sends changes through the root, and a TRUNCATE of one partition is none of the root. Change capture reads this
-- message instead. Partitions do not inherit triggers on statements: a new one needs its own.
CREATE FUNCTION atlas.announce_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_logical_emit_message(true, 'atlas.truncate', format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME));
  RETURN NULL;
END $$;

DO $$
DECLARE
  partition regclass;
BEGIN
  FOR partition IN SELECT relid FROM pg_partition_tree('atlas.entity') LOOP
    EXECUTE format(
      'CREATE TRIGGER announce_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION atlas.announce_truncate()',
      partition);
  END LOOP;
END $$;
