import type { PostgresServer } from '../../connections/postgres/postgres-database.ts';
import type { EntityReader } from '../entity-reader.ts';
import type { ReplicatedSource } from './read-sources.ts';

const REPLAYED = `SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::text AS position`;

/** A streaming replica of one shard. What it has replayed is visible to every snapshot taken afterwards. */
export function replicaSource(database: PostgresServer, reader: EntityReader): ReplicatedSource {
  return {
    reader,
    positions: async () => {
      const rows = await database.query<{ position: string | null }>({
        name: 'replica_position',
        text: REPLAYED,
        values: [],
      });
      const position = rows[0]?.position ?? null;
      return new Map(position === null ? [] : [[database.shard, BigInt(position)]]);
    },
  };
}
