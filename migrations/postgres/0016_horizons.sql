-- Which entities have changed since a heartbeat: those with a row of atlas.audit whose transaction had not ended when it was written.
-- A transaction that has written to the table has ended once it is altered, so that one without an id lies before every horizon.
ALTER TABLE atlas.audit ADD COLUMN IF NOT EXISTS transaction_id xid8;
ALTER TABLE atlas.audit ALTER COLUMN transaction_id SET DEFAULT pg_current_xact_id();

-- Per partition, so that an operator of a shard with a large audit can create the column, and then these with CONCURRENTLY and under these
-- names, beforehand. They are empty: the rows that are there have no id.
DO $$
DECLARE
  partition record;
BEGIN
  FOR partition IN SELECT relid::regclass::text AS place, relname FROM pg_partition_tree('atlas.audit') t JOIN pg_class c ON c.oid = t.relid
             WHERE isleaf LOOP
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %s (tenant_id, transaction_id) WHERE transaction_id IS NOT NULL',
      partition.relname || '_by_transaction', partition.place);
  END LOOP;
END $$;
CREATE INDEX audit_by_transaction ON atlas.audit (tenant_id, transaction_id) WHERE transaction_id IS NOT NULL;

-- The last heartbeats, written in their transactions: every transaction before `oldest` had ended by then, with its end in the WAL before
-- `lsn`. Rows are used again and again. That a heartbeat is here also proves that the server has the history in which it was written.
CREATE TABLE atlas.horizon (
  slot integer PRIMARY KEY,
  heartbeat bigint NOT NULL,         -- heartbeat_at, in microseconds since the epoch
  lsn pg_lsn NOT NULL,               -- heartbeat_lsn
  oldest xid8 NOT NULL,
  -- Ids of transactions mean nothing to another server, into which a dump may be loaded.
  system_id bigint NOT NULL DEFAULT (pg_control_system()).system_identifier
) WITH (fillfactor = 50);

-- The transactions that have changed entities by other statements than those of Atlas, which record what they change.
CREATE TABLE atlas.unlisted_change (
  transaction_id xid8 PRIMARY KEY
);

CREATE FUNCTION atlas.note_unlisted_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO atlas.unlisted_change VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
  DELETE FROM atlas.unlisted_change WHERE transaction_id < (SELECT min(oldest) FROM atlas.horizon);
  RETURN NULL;
END $$;

-- Atlas' own statements send their tenant in front. Partitions do not inherit triggers on statements: a new one needs its own.
DO $$
DECLARE
  partition regclass;
BEGIN
  FOR partition IN SELECT relid FROM pg_partition_tree('atlas.entity') LOOP
    EXECUTE format(
      'CREATE TRIGGER note_unlisted_change BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT
         WHEN (nullif(current_setting(''atlas.tenant_id'', true), '''') IS NULL) EXECUTE FUNCTION atlas.note_unlisted_change()',
      partition);
  END LOOP;
END $$;
