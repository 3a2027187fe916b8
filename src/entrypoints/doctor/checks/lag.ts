import { healthThresholds } from '../../../config/health-thresholds.ts';
import { ClickHouseOwnership, OwnedClickHouse } from '../../../migration/owned-clickhouse.ts';
import { createLogger } from '../../../observability/logger.ts';
import { readWatermarks } from '../../../watermarks/clickhouse-watermarks.ts';
import { readHeartbeat, type StoredHeartbeat } from '../../../watermarks/heartbeat.ts';
import { duration, type Finding, fail, ok, warn } from '../finding.ts';
import { type Check, type ExaminedServer, type Patient, primariesOf, replicasOf } from '../patient.ts';

/** A primary whose newest heartbeat is older has no process that writes one. */
const SILENT_MS = 10_000;

type Beats = ReadonlyMap<string, StoredHeartbeat>;

/** How far replicas and ClickHouse are behind the heartbeats of the primaries. */
export const lag: Check = {
  title: 'lag',
  async examine(patient) {
    // First the followers: what their primaries have by then, they may lack.
    const replicas = await Promise.all(
      replicasOf(patient).map(async (server) => ({ server, ...(await readReplica(server)) })),
    );
    const analytics = await readAnalytics(patient);
    const primaries = primariesOf(patient);
    const beats: Beats = new Map(
      await Promise.all(
        primaries.map(async ({ database }) => [database.shard, await readHeartbeat(database)] as const),
      ),
    );
    const { replicaLagMs, clickhouseLagMs } = healthThresholds(patient.settings);
    return [
      ...primaries.flatMap((server) => silence(server, beats.get(server.database.shard))),
      ...replicas.flatMap((replica) => [
        ...replica.found,
        ...behind(
          `The ${replica.server.name}`,
          replica.beat.heartbeatAt,
          beats.get(replica.server.database.shard),
          replicaLagMs,
          'read its log',
        ),
      ]),
      ...[...beats].flatMap(([shard, beat]) => {
        if (analytics === null) return [];
        const copy = analytics.get(shard);
        if (copy === undefined)
          return [fail(`Shard ${shard} has not been copied into ClickHouse; start "atlas replicate", and wait.`)];
        return behind(
          `The copy of shard ${shard} in ClickHouse`,
          copy,
          beat,
          clickhouseLagMs,
          'see whether "atlas replicate" runs, and its log',
        );
      }),
    ];
  },
};

function silence({ name }: ExaminedServer, beat: StoredHeartbeat | undefined): Finding[] {
  if (beat === undefined || beat.heartbeatAt === null) {
    return [warn(`The ${name} has no heartbeat, so no lag is known; start "atlas serve" or "atlas replicate".`)];
  }
  const age = beat.clock - beat.heartbeatAt;
  if (age < SILENT_MS) return [];
  return [
    warn(
      `The newest heartbeat of the ${name} is ${duration(age)} old, so no lag is known; start "atlas serve" or "atlas replicate".`,
    ),
  ];
}

interface ReplicaState {
  readonly isStandby: boolean;
  readonly isPaused: boolean | null;
  readonly isReceiving: boolean;
}

async function readReplica({ name, database }: ExaminedServer): Promise<{ beat: StoredHeartbeat; found: Finding[] }> {
  const beat = await readHeartbeat(database);
  const [state] = await database.query<ReplicaState>({
    text: `SELECT pg_is_in_recovery() AS "isStandby", EXISTS (SELECT FROM pg_stat_wal_receiver) AS "isReceiving",
        CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END AS "isPaused"`,
    values: [],
  });
  if (state === undefined) return { beat, found: [] };
  if (!state.isStandby) {
    return {
      beat,
      found: [fail(`The ${name} is no standby: it follows no primary; name it as the primary, or build it anew.`)],
    };
  }
  const found: Finding[] = [];
  if (state.isPaused) found.push(fail(`The ${name} has paused its replay; SELECT pg_wal_replay_resume() there.`));
  if (!state.isReceiving) {
    found.push(
      fail(`The ${name} receives nothing from its primary; read its log, and see primary_conninfo and its slot.`),
    );
  }
  return { beat, found };
}

/** Whole milliseconds since the epoch by shard: the newest heartbeat in ClickHouse. Null if it is not asked, or does not say. */
async function readAnalytics({
  clickhouse,
  servers,
  shardConfig,
}: Patient): Promise<ReadonlyMap<string, number | null> | null> {
  const [server] = servers;
  if (clickhouse === null || server === undefined || shardConfig === null) return null;
  const text = 'SELECT cluster_id AS cluster FROM atlas.shard';
  const [row] = await server.database.query<{ cluster: string }>({ text, values: [] });
  if (row === undefined) return null;
  const own = new OwnedClickHouse(clickhouse, new ClickHouseOwnership(row.cluster, createLogger('silent')));
  const ids = shardConfig.shards.map(({ id }) => id);
  const watermarks = await readWatermarks(own, ids);
  return new Map([...watermarks].map(([shard, { heartbeatAt }]) => [shard, heartbeatAt]));
}

function behind(
  what: string,
  heartbeatAt: number | null,
  primary: StoredHeartbeat | undefined,
  thresholdMs: number,
  remedy: string,
): Finding[] {
  if (primary === undefined || primary.heartbeatAt === null) return [];
  if (heartbeatAt === null) return [fail(`${what} has received no heartbeat; ${remedy}.`)];
  const lagMs = Math.max(0, primary.heartbeatAt - heartbeatAt);
  if (lagMs <= thresholdMs) return [ok(`${what} is ${duration(lagMs)} behind.`)];
  return [warn(`${what} is ${duration(lagMs)} behind, more than ${duration(thresholdMs)}; ${remedy}.`)];
}
