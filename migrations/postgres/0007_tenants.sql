-- The role atlas_serve sees and writes only rows of the tenant that the connection has sent in front of the statement, as
-- atlas.tenant_id; none without it. A function instead of the expression would have to be inlined each time a statement is planned.

ALTER TABLE atlas.entity ENABLE ROW LEVEL SECURITY;
ALTER TABLE atlas.entity_attribute ENABLE ROW LEVEL SECURITY;
ALTER TABLE atlas.attribute_definition ENABLE ROW LEVEL SECURITY;

-- Policies of a partitioned table hold for statements that name it. A partition has none: it can only be used through its root.
DO $$
DECLARE
  partition regclass;
BEGIN
  FOR partition IN SELECT relid FROM pg_partition_tree('atlas.entity') WHERE isleaf
             UNION SELECT relid FROM pg_partition_tree('atlas.entity_attribute') WHERE isleaf LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', partition);
  END LOOP;
END $$;

CREATE POLICY own_tenant ON atlas.entity TO atlas_serve
  USING (tenant_id = nullif(current_setting('atlas.tenant_id', true), '')::integer);
CREATE POLICY own_tenant ON atlas.entity_attribute TO atlas_serve
  USING (tenant_id = nullif(current_setting('atlas.tenant_id', true), '')::integer);

-- Shared definitions (tenant 0) are everybody's. Who loads the catalog of all tenants says so, with -1: no entity has that tenant.
CREATE POLICY own_tenant ON atlas.attribute_definition TO atlas_serve
  USING (tenant_id = nullif(current_setting('atlas.tenant_id', true), '')::integer);
CREATE POLICY shared ON atlas.attribute_definition FOR SELECT TO atlas_serve
  USING (tenant_id = 0 OR current_setting('atlas.tenant_id', true) = '-1');

-- Change capture copies and compares the entities of all tenants. It changes none.
CREATE POLICY every_tenant ON atlas.entity FOR SELECT TO atlas_replicate USING (true);
CREATE POLICY every_tenant ON atlas.entity_attribute FOR SELECT TO atlas_replicate USING (true);
CREATE POLICY every_tenant ON atlas.attribute_definition FOR SELECT TO atlas_replicate USING (true);

-- ANALYZE belongs to the owner of a table. Whoever loads data in bulk may have it run, and nothing else.
CREATE FUNCTION atlas.refresh_statistics() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  ANALYZE atlas.entity, atlas.entity_attribute;
END $$;
REVOKE ALL ON FUNCTION atlas.refresh_statistics() FROM PUBLIC;
