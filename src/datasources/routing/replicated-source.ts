import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { PostgresServer } from '../../connections/postgres/postgres-database.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { readWatermarks } from '../../watermarks/clickhouse-watermarks.ts';
import type { EntityReader } from '../entity-reader.ts';

/** A source that receives changes some time after the primary has them. */
export interface ReplicatedSource {
  readonly reader: EntityReader;
  /**
   * The position up to which each shard has been applied. Later reads contain everything that committed before it. A shard of
   * which nothing has arrived is left out.
   * @throws AtlasError SHARD_UNAVAILABLE | ANALYTICS_UNAVAILABLE | TIMEOUT, or the signal's reason.
   */
  positions(shards: readonly ShardId[], signal: AbortSignal): Promise<ReadonlyMap<ShardId, bigint>>;
}

const REPLAYED = `SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::text AS position`;

/** A streaming replica of one shard. What it has replayed is visible to every snapshot taken afterwards. */
export function replicaSource(database: PostgresServer, reader: EntityReader): ReplicatedSource {
  return {
    reader,
    positions: async (_shards, signal) => {
      const statement = { name: 'replica_position', text: REPLAYED, values: [] };
      const rows = await database.query<{ position: string | null }>(statement, signal);
      const position = rows[0]?.position ?? null;
      return new Map(position === null ? [] : [[database.shard, BigInt(position)]]);
    },
  };
}

/** ClickHouse, whose watermarks are written after the data they describe. */
export function clickhouseSource(database: ClickHouseDatabase, reader: EntityReader): ReplicatedSource {
  return {
    reader,
    positions: async (shards, signal) => {
      const watermarks = await readWatermarks(database, shards, signal);
      return new Map([...watermarks].map(([shard, { lsn }]) => [shard, lsn]));
    },
  };
}
