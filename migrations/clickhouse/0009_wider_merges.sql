-- While small batches arrive several times a second, the default of 5 has every row written again ten times and more, for a third of the
-- server's CPU. Wider merges take a third to a tenth of that, and leave a few parts more (decision 41).
ALTER TABLE entity MODIFY SETTING merge_selector_base = 10;
ALTER TABLE entity_attribute MODIFY SETTING merge_selector_base = 10;
ALTER TABLE entity_change MODIFY SETTING merge_selector_base = 10;
ALTER TABLE audit MODIFY SETTING merge_selector_base = 10;
ALTER TABLE replication_watermark MODIFY SETTING merge_selector_base = 10;
