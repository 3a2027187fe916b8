import type { PostgresDatabase, PostgresSession } from '../connections/postgres/postgres-database.ts';
import type { EntityReader } from '../datasources/entity-reader.ts';
import { type HeldTransaction, holdTransaction } from '../datasources/postgres/exporting/held-transaction.ts';
import { PostgresEntityReader } from '../datasources/postgres/reading/postgres-entity-reader.ts';
import { entitiesById } from '../datasources/questions/entities-by-id.ts';
import { attemptRead, type Candidate } from '../datasources/routing/attempt-read.ts';
import { PositionWatch } from '../datasources/routing/position-watch.ts';
import { replicaSource } from '../datasources/routing/replicated-source.ts';
import { WaiterLimit } from '../datasources/routing/waiter-limit.ts';
import type { ShardId, TenantId } from '../domain/identifiers.ts';
import { describeRead } from '../freshness/describe-read.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import { type Miss, refuse } from '../freshness/freshness-unavailable.ts';
import { PrimaryClocks } from '../freshness/primary-clocks.ts';
import type { Clock } from '../lib/clock.ts';
import { ClockStops } from '../lib/clock-stops.ts';
import type { Pause } from '../lib/pause.ts';
import { readHeartbeat } from '../watermarks/heartbeat.ts';

/** The servers of one shard. */
export interface ShardServers {
  readonly shard: ShardId;
  readonly primary: PostgresDatabase;
  readonly replicas: readonly PostgresDatabase[];
}

/** One snapshot of one shard, which its server keeps until `end`. */
export interface ShardSnapshot {
  readonly shard: ShardId;
  readonly session: PostgresSession;
  /** What the snapshot contains, and how old it is. */
  readonly freshness: ReadFreshness;
  end(): Promise<void>;
}

export interface SnapshotOptions {
  readonly tenantId: TenantId;
  readonly requirement: FreshnessRequirement;
  readonly clock: Clock;
  readonly pause: Pause;
}

/** An export waits for one position at a time. */
const ONE_WAITER = { mostPerProcess: 1, mostPerTenant: 1 };

/**
 * A snapshot from the first replica that meets the requirement, otherwise from the primary. It is judged as any read is: by the heartbeat
 * that it contains itself.
 * @throws AtlasError FRESHNESS_UNAVAILABLE, or that of the primary, if no server meets the requirement; the signal's reason.
 */
export async function openSnapshot(
  servers: ShardServers,
  options: SnapshotOptions,
  signal: AbortSignal,
): Promise<ShardSnapshot> {
  const { shard, primary, replicas } = servers;
  const { tenantId, requirement, clock } = options;
  const clocks = new PrimaryClocks(clock, new ClockStops());
  // Without it, the lag of a replica is unknown, and the primary is asked for the reason.
  if (replicas.length > 0)
    await clocks.measure(shard, async () => (await readHeartbeat(primary)).clock).catch(() => {});
  signal.throwIfAborted();
  const question = entitiesById({ tenantId, ids: [], shard });
  const misses: Miss[] = [];
  for (const database of [...replicas, primary]) {
    const reader = new SnapshotReader(database);
    const startedAt = clock.now();
    const deadline = startedAt + requirement.maxWaitMs;
    const read = { question, requirement, startedAt, deadline, signal };
    const environment = { replication: clocks, clock, leastSilenceMs: Number.POSITIVE_INFINITY };
    let isTaken = false;
    try {
      const { answer, missed } = await attemptRead(candidateOf(database, reader, options), read, environment);
      if (missed === null && reader.held !== null) {
        isTaken = true;
        const passedOver = replicas.length === 0 ? 'NO_REPLICA' : (misses[0]?.reason ?? null);
        const freshness = describeRead(requirement, answer.reading, passedOver);
        return { shard, session: reader.held.session, freshness, end: reader.held.end };
      }
      if (missed !== null) misses.push(missed);
    } finally {
      if (!isTaken) await reader.held?.end();
    }
  }
  throw refuse(requirement, misses, requirement.maxWaitMs);
}

function candidateOf(database: PostgresDatabase, reader: EntityReader, { clock, pause }: SnapshotOptions): Candidate {
  const { shard, role } = database;
  const source = replicaSource(database, reader);
  return {
    source: role === 'primary' ? 'PRIMARY' : 'REPLICA',
    shards: [shard],
    reader,
    watch: role === 'primary' ? null : new PositionWatch({ source, limit: new WaiterLimit(ONE_WAITER), clock, pause }),
    admission: null,
    heardAt: () => clock.now(),
    hasNext: false,
    health: 'HEALTHY',
    clockBehind: null,
  };
}

/** Answers in a transaction that it opens, and leaves open. */
class SnapshotReader implements EntityReader {
  held: HeldTransaction | null = null;

  constructor(readonly database: PostgresDatabase) {}

  ask: EntityReader['ask'] = async (question, signal) => {
    const { shard, role } = this.database;
    const held = await holdTransaction(this.database, signal);
    this.held = held;
    return new PostgresEntityReader({ shard, role, query: held.session.query }).ask(question, signal);
  };
}
