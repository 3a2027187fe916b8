-- Who has written what, in the transaction of the write. It holds versions, and no values. Rows are only added; they are removed with
-- the partition of their month.
CREATE TABLE atlas.audit (
  tenant_id integer NOT NULL,
  at timestamptz(3) NOT NULL,
  audit_id bigint GENERATED ALWAYS AS IDENTITY,
  subject text,                      -- null: unknown
  operation text COLLATE "C" NOT NULL
    CHECK (operation IN ('CREATE_ENTITY', 'UPDATE_ENTITY', 'DELETE_ENTITY', 'DEFINE_ATTRIBUTE', 'ERASE_ENTITY', 'ERASE_TENANT')),
  entity_id bigint,
  attribute_id integer,
  old_version bigint,                -- null: there was none
  new_version bigint,                -- null: there is none
  PRIMARY KEY (tenant_id, at, audit_id)
) PARTITION BY RANGE (at);

ALTER TABLE atlas.audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON atlas.audit TO atlas_serve
  USING (tenant_id = nullif(current_setting('atlas.tenant_id', true), '')::integer);
CREATE POLICY every_tenant ON atlas.audit FOR SELECT TO atlas_replicate USING (true);

-- Takes what no month takes, so that no write ever fails for want of a partition.
CREATE TABLE atlas.audit_rest PARTITION OF atlas.audit DEFAULT;
ALTER TABLE atlas.audit_rest ENABLE ROW LEVEL SECURITY;

-- Makes the partitions of this month and the next three, and drops those of which every row is older than so many days. Called again and again
-- by whoever streams the shard. A lock that is not granted soon is tried for the next time: writers wait behind it.
-- Returns the partitions that were dropped.
CREATE FUNCTION atlas.keep_audit(days integer) RETURNS text[] LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE
  oldest CONSTANT timestamptz := clock_timestamp() - make_interval(days => days);
  month timestamptz;
  partition text;
  dropped text[] := '{}';
BEGIN
  IF NOT pg_try_advisory_xact_lock(7274692023) THEN
    RETURN dropped;
  END IF;
  FOR month IN SELECT date_trunc('month', clock_timestamp()) + make_interval(months => i) FROM generate_series(0, 3) i LOOP
    partition := 'audit_' || to_char(month, 'YYYYMM');
    CONTINUE WHEN to_regclass('atlas.' || partition) IS NOT NULL;
    -- A month that has begun without its partition stays without it.
    CONTINUE WHEN EXISTS (SELECT FROM atlas.audit_rest WHERE at >= month AND at < month + interval '1 month');
    -- Attaching does not wait for the reads of the other partitions, and they do not wait for it.
    EXECUTE format('CREATE TABLE atlas.%I (LIKE atlas.audit INCLUDING CONSTRAINTS)', partition);
    EXECUTE format('ALTER TABLE atlas.%I ENABLE ROW LEVEL SECURITY', partition);
    EXECUTE format('ALTER TABLE atlas.audit ATTACH PARTITION atlas.%I FOR VALUES FROM (%L) TO (%L)',
      partition, month, month + interval '1 month');
  END LOOP;
  FOR partition IN
    SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'atlas.audit'::regclass AND relname ~ '^audit_[0-9]{6}$'
      AND to_timestamp(substr(relname, 7), 'YYYYMM') + interval '1 month' <= oldest
    ORDER BY relname
  LOOP
    EXECUTE format('DROP TABLE atlas.%I', partition);
    dropped := dropped || partition;
  END LOOP;
  IF (SELECT max(at) FROM atlas.audit_rest) < oldest THEN
    TRUNCATE atlas.audit_rest;
    dropped := dropped || 'audit_rest'::text;
  END IF;
  RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION atlas.keep_audit(integer) FROM PUBLIC;

SELECT atlas.keep_audit(36500);

-- Nothing was written to the table yet, so the copy in ClickHouse lacks nothing, and need not be made anew.
DO $$
DECLARE
  identity CONSTANT text := 'SELECT p.oid || '' '' || p.xmin || '':'' || string_agg(r.oid::text, '','' ORDER BY r.oid)
    FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid WHERE p.pubname = ''atlas_cdc'' GROUP BY p.oid, p.xmin';
  before text;
  after text;
BEGIN
  EXECUTE identity INTO before;
  IF before IS NULL THEN
    RETURN;
  END IF;
  ALTER PUBLICATION atlas_cdc ADD TABLE atlas.audit;
  EXECUTE identity INTO after;
  UPDATE atlas.shard SET cdc_publication = after WHERE cdc_publication = before;
END $$;
