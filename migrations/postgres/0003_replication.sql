-- One row per shard. It says which shard this is, and its heartbeat travels with every kind of replication:
-- whoever sees `heartbeat_at` also sees every transaction that was acknowledged before that moment.
CREATE TABLE atlas.shard (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  shard_id text NOT NULL,
  placement text NOT NULL,           -- how entities are spread over the shards: what is stored relies on it
  cluster_id uuid NOT NULL,          -- the same on all shards of one installation
  heartbeat_at timestamptz,          -- null until the first heartbeat
  heartbeat_lsn pg_lsn
) WITH (fillfactor = 50);

-- Through the roots of partitioned tables: subscribers never see partitions.
CREATE PUBLICATION atlas_cdc FOR TABLE atlas.entity, atlas.shard WITH (publish_via_partition_root = true);
CREATE PUBLICATION atlas_catalog FOR TABLE atlas.attribute_definition;
