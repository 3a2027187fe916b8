import type { ClickHouseSession } from '../../connections/clickhouse/clickhouse-database.ts';
import type { PostgresServer } from '../../connections/postgres/postgres-database.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import type { Positions } from '../../freshness/positions.ts';
import { readWatermarks } from '../../watermarks/clickhouse-watermarks.ts';
import { replayedPosition } from '../../watermarks/wal-position.ts';
import type { EntityReader } from '../entity-reader.ts';
import type { Admission } from './admission.ts';

/** A source that receives changes some time after the primary has them. */
export interface ReplicatedSource {
  readonly reader: EntityReader;
  /** Of a replica: as ShardSources.mergedPrimary. */
  readonly merged?: EntityReader;
  /** Paces the reads that pass a token; nothing does unless given. */
  readonly admission?: Pick<Admission, 'run' | 'freeInMs' | 'waiting'>;
  /**
   * The position up to which each shard has been applied. Later reads contain everything that committed before it. A shard of
   * which nothing has arrived is left out.
   * @throws AtlasError SHARD_UNAVAILABLE | ANALYTICS_UNAVAILABLE | TIMEOUT
   */
  positions(shards: readonly ShardId[]): Promise<Positions>;
}

/** A streaming replica of one shard. @param database asked for positions, on other connections than those of the reads. */
export function replicaSource(
  database: PostgresServer,
  reader: EntityReader,
  admission?: Admission,
  merged?: EntityReader,
): ReplicatedSource {
  return {
    reader,
    ...(merged !== undefined && { merged }),
    ...(admission !== undefined && { admission }),
    positions: async () => {
      const position = await replayedPosition(database);
      return new Map(position === null ? [] : [[database.shard, position]]);
    },
  };
}

/** ClickHouse, whose watermarks are written after the data they describe. @param database as for a replica. */
export function clickhouseSource(
  database: ClickHouseSession,
  reader: EntityReader,
  admission?: Admission,
): ReplicatedSource {
  return {
    reader,
    ...(admission !== undefined && { admission }),
    positions: async (shards) => {
      const watermarks = await readWatermarks(database, shards);
      return new Map([...watermarks].map(([shard, { lsn }]) => [shard, lsn]));
    },
  };
}
