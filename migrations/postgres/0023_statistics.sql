-- Statistics after a bulk load, of what it has changed. Reading samples of every partition takes longer the more there are: each import into
-- shards of millions of entities took as long as reading all of them. A partition is left alone if less than a tenth of it has changed since
-- it was analyzed, unless it is so small that this costs nothing: what another session has just counted arrives up to a second late.
-- Autovacuum never analyzes a partitioned table as a whole.
CREATE OR REPLACE FUNCTION atlas.refresh_statistics() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  small constant bigint := 8 * 1024 * 1024;
  whole regclass;
  leaf record;
  has_changed boolean;
BEGIN
  FOREACH whole IN ARRAY ARRAY['atlas.entity', 'atlas.entity_attribute', 'atlas.entity_element']::regclass[] LOOP
    has_changed := pg_stat_get_last_analyze_time(whole) IS NULL
      OR (SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(whole) WHERE isleaf) < small;
    FOR leaf IN
      SELECT tree.relid AS place,
        c.reltuples < 0 OR pg_stat_get_mod_since_analyze(tree.relid) > c.reltuples / 10 AS has_changed
      FROM pg_partition_tree(whole) tree JOIN pg_class c ON c.oid = tree.relid
      WHERE tree.isleaf AND (
        pg_relation_size(tree.relid) < small OR c.reltuples < 0
        OR pg_stat_get_mod_since_analyze(tree.relid) > c.reltuples / 10)
    LOOP
      EXECUTE format('ANALYZE %s', leaf.place);
      has_changed := has_changed OR leaf.has_changed;
    END LOOP;
    IF has_changed THEN EXECUTE format('ANALYZE ONLY %s', whole); END IF;
  END LOOP;
END $$;
