export interface EventTables {
  /** `host:port` */
  readonly brokers: readonly string[];
  /** Those of all shards, in the end; a topic's transactions are not of them. */
  readonly topics: readonly string[];
  /** Of the consumers: another one than that of `replicate`. */
  readonly group: string;
  readonly retentionDays: number;
}

/**
 * Statements for ClickHouse by which it reads the topics itself and keeps each message as it is: a history of events beside Atlas, on which no watermark
 * depends. A message may arrive twice, which merges away. One view only: several of them would not be atomic with each other. A message is taken whatever
 * it contains, so none is skipped and none stops the others.
 */
export function eventTables({ brokers, topics, group, retentionDays }: EventTables): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS kafka_event (
  topic LowCardinality(String),
  partition UInt32,
  offset UInt64 CODEC(Delta, ZSTD(1)),
  written_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  key String CODEC(ZSTD(3)),
  value String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(written_at)
ORDER BY (topic, partition, offset)
TTL toDateTime(written_at) + INTERVAL ${retentionDays} DAY`,
    `CREATE TABLE IF NOT EXISTS kafka_event_queue (value String)
ENGINE = Kafka
SETTINGS kafka_broker_list = ${quoted(brokers.join(','))}, kafka_topic_list = ${quoted(topics.join(','))}, kafka_group_name = ${quoted(group)}, kafka_format = 'RawBLOB'`,
    `CREATE MATERIALIZED VIEW IF NOT EXISTS kafka_event_reader TO kafka_event AS
SELECT _topic AS topic, _partition AS partition, _offset AS offset, _timestamp_ms AS written_at, _key AS key, value FROM kafka_event_queue`,
  ];
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
