-- Each copy has a marker in both tables: a deleted row of tenant 0 at position 0, which no question sees. It is written before all
-- other rows of the copy, and never again, so that TRUNCATE or DROP PARTITION takes it along: what is left of a copy without a marker
-- is not complete, whatever its watermark says. The copies that are here when this is applied get theirs now.
INSERT INTO entity (tenant_id, entity_id, shard, copy_id, lsn, row_version, is_deleted)
SETTINGS max_partitions_per_insert_block = 0
SELECT 0, 0, shard, copy_id, 0, 0, 1 FROM replication_watermark FINAL;

INSERT INTO entity_attribute (tenant_id, attribute_id, entity_id, shard, copy_id, lsn, row_version, is_deleted)
SETTINGS max_partitions_per_insert_block = 0
SELECT 0, 0, 0, shard, copy_id, 0, 0, 1 FROM replication_watermark FINAL;
