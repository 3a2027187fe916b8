import type { ClickHouseSession } from '../../connections/clickhouse/clickhouse-database.ts';
import type { HasReached } from '../../datasources/postgres/moving/move-step.ts';
import { liveCopy, readCopies } from '../../watermarks/clickhouse-watermarks.ts';
import { replayedPosition } from '../../watermarks/wal-position.ts';
import type { ShardDatabases } from './open-databases.ts';

/**
 * Asks the replicas of the shard and its copy in ClickHouse. A server that does not answer has not reached anything. A shard without a copy
 * is not read from ClickHouse, and its first copy will contain everything.
 */
export function copiesReached(
  shards: readonly Pick<ShardDatabases, 'endpoints' | 'replicas'>[],
  clickhouse: ClickHouseSession | null,
): HasReached {
  return async (shard, position, signal) => {
    const replicas = shards.find(({ endpoints }) => endpoints.id === shard)?.replicas ?? [];
    const replayed = await Promise.all(replicas.map((replica) => replayedPosition(replica, signal).catch(() => null)));
    if (replayed.some((reached) => reached === null || reached < position)) return false;
    if (clickhouse === null) return true;
    const copies = await readCopies(clickhouse, [shard], signal).catch(() => null);
    return copies !== null && (liveCopy(copies.get(shard))?.lsn ?? position) >= position;
  };
}
