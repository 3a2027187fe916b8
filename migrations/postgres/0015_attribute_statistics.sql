-- An attribute belongs to one tenant. A planner that does not know this takes the rows of an attribute to be so many times fewer, and reads
-- them again for each row of another one. Of each partition, since statistics of the whole table are not used where one partition is read.
DO $$
DECLARE
  partition record;
BEGIN
  FOR partition IN SELECT oid::regclass::text AS place, relname FROM pg_class
             WHERE oid IN (SELECT relid FROM pg_partition_tree('atlas.entity_attribute') WHERE isleaf) LOOP
    EXECUTE format('CREATE STATISTICS atlas.%I (dependencies) ON tenant_id, attribute_id FROM %s',
                   partition.relname || '_tenant', partition.place);
  END LOOP;
END $$;
