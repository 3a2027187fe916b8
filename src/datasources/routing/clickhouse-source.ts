import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { EntityReader } from '../entity-reader.ts';
import type { ReplicatedSource } from './read-sources.ts';

const WATERMARKS = 'SELECT shard, lsn FROM replication_watermark FINAL WHERE shard IN {shards:Array(String)}';

/** ClickHouse, whose watermarks are written after the data that they speak of. */
export function clickhouseSource(database: ClickHouseDatabase, reader: EntityReader): ReplicatedSource {
  return {
    reader,
    positions: async (shards) => {
      const rows = await database.query<{ shard: string; lsn: string }>(WATERMARKS, { shards });
      return new Map(rows.map(({ shard, lsn }) => [shard, BigInt(lsn)]));
    },
  };
}
