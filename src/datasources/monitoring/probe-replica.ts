import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';

export interface ReplicaAnswer {
  /** The last heartbeat that has reached the replica, in ms since the epoch on the primary's clock; null: none has. */
  readonly heartbeatAt: number | null;
  /** The replica's own clock, in ms since the epoch. */
  readonly clock: number;
}

export async function probeReplica(replica: PostgresSession): Promise<ReplicaAnswer> {
  const [row] = await replica.query<{ heartbeat_at: number | null; clock: number }>({
    name: 'probe-replica',
    text: `
SELECT (extract(epoch FROM heartbeat_at) * 1000)::double precision AS heartbeat_at,
       (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS clock
FROM atlas.shard`,
    values: [],
  });
  if (row === undefined) throw new Error('atlas.shard has no row: the shard was not set up by "atlas migrate"');
  return { heartbeatAt: row.heartbeat_at, clock: row.clock };
}
