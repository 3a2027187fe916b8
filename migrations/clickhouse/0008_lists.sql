-- A list is the row of its attribute: `value_number` is its size, `value_list` its canonical JSON, and `elements` what filters look for and analytics
-- count, each as a text; a number as JSON has it.
ALTER TABLE entity_attribute ADD COLUMN IF NOT EXISTS value_list Nullable(String) CODEC(ZSTD(1)) AFTER value_timestamp;

ALTER TABLE entity_attribute ADD COLUMN IF NOT EXISTS elements Array(String) MATERIALIZED multiIf(
  length(ifNull(value_list, '')) <= 2, [],
  startsWith(ifNull(value_list, ''), '["'), JSONExtract(ifNull(value_list, ''), 'Array(String)'),
  splitByChar(',', substring(ifNull(value_list, ''), 2, length(ifNull(value_list, '')) - 2))) CODEC(ZSTD(1)) AFTER value_list;
