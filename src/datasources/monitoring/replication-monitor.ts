import type { HealthThresholds } from '../../config/health-thresholds.ts';
import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { PostgresDatabase } from '../../connections/postgres/postgres-database.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { ClockBound } from '../../freshness/clock-bound.ts';
import type { DataSource, Watermark } from '../../freshness/freshness.ts';
import { isWorseLag, latestSnapshot, measureLag } from '../../freshness/measure-lag.ts';
import type { PrimaryClocks } from '../../freshness/primary-clocks.ts';
import type {
  ChangeStreamState,
  ReplicationState,
  SlotState,
  SlotStates,
  SourceState,
} from '../../freshness/replication-state.ts';
import { ProgressWindow, type SourceProgress } from '../../freshness/source-progress.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Service } from '../../lifecycle/lifecycle.ts';
import type { Logger } from '../../observability/logger.ts';
import { OutageLog } from '../../observability/outage-log.ts';
import { readWatermarks, type StoredClickHouseWatermark } from '../../watermarks/clickhouse-watermarks.ts';
import { readHeartbeat, type StoredHeartbeat } from '../../watermarks/heartbeat.ts';
import { Probe, type ProbeAnswer } from './probe.ts';
import { type ProbedSlot, probePrimary } from './probe-primary.ts';
import { slotState } from './slot-health.ts';

/** What is known about a change stream is out of date after this: the replicator writes a watermark several times a second. */
const STREAM_BELIEVED_MS = 10_000;

/** A probe of Postgres that is not answered by then is missed. A server that hangs is down after three of these. */
const LATE_MS = 1_000;
/** ClickHouse answers later than Postgres when analytics keep it busy. */
const CLICKHOUSE_LATE_MS = 2_000;

/** Told of every answer to a read: it proves as well as a probe that the server is up. */
export interface AnswerListener {
  /** @param replica its place in the configuration; any number for the other sources. */
  answered(shard: ShardId, source: DataSource, replica: number): void;
}

export interface MonitoredShard {
  readonly primary: PostgresDatabase;
  readonly replicas: readonly PostgresDatabase[];
}

export interface ReplicationMonitorOptions {
  /** Separate connections, so that a probe never waits behind the requests of a busy pool. */
  readonly shards: readonly MonitoredShard[];
  /** Null: none is configured; it then counts as down. */
  readonly clickhouse: ClickHouseDatabase | null;
  readonly slotName: string;
  /** The slots on a shard's primary that feed the copies of the catalog; none unless given. */
  readonly catalogSlots?: (shard: ShardId) => readonly string[];
  /** Why a shard's change capture, if this process runs it, has stopped until the cause is repaired. */
  readonly captureFailure: (shard: ShardId) => string | null;
  readonly primaryClocks: Pick<PrimaryClocks, 'primaryClockAhead' | 'distrust'>;
  readonly periodMs: number;
  readonly thresholds: HealthThresholds;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface ShardProbes {
  readonly primary: Probe<ReadonlyMap<string, ProbedSlot | null>>;
  readonly replicas: readonly {
    readonly probe: Probe<StoredHeartbeat>;
    readonly clock: ClockBound;
    readonly progress: ProgressWindow;
  }[];
  readonly clickhouseProgress: ProgressWindow;
}

const UNKNOWN: SourceState = { answeredAt: null, health: 'DOWN', lagMs: null, probedLagMs: null };

/**
 * Probes every source every period, independently: a source that hangs delays no other, and becomes unknown. When a server
 * counts as down is the rule of `Probe`.
 */
export class ReplicationMonitor implements Service, ReplicationState, SlotStates, AnswerListener {
  readonly name = 'replication monitor';
  readonly #options: ReplicationMonitorOptions;
  readonly #shards: ReadonlyMap<ShardId, ShardProbes>;
  readonly #clickhouse: Probe<ReadonlyMap<ShardId, StoredClickHouseWatermark>> | null;

  get hasClickHouse(): boolean {
    return this.#options.clickhouse !== null;
  }

  constructor(options: ReplicationMonitorOptions) {
    this.#options = options;
    const { clickhouse } = options;
    const ids = options.shards.map(({ primary }) => primary.shard);
    this.#clickhouse =
      clickhouse === null
        ? null
        : this.#probe('ClickHouse', CLICKHOUSE_LATE_MS, async () => {
            const watermarks = await readWatermarks(clickhouse, ids);
            for (const shard of ids) this.#observe(this.#of(shard).clickhouseProgress, watermarks.get(shard));
            return watermarks;
          });
    this.#shards = new Map(
      options.shards.map(({ primary, replicas }) => [
        primary.shard,
        {
          primary: this.#probe(`the primary of shard ${primary.shard}`, LATE_MS, () =>
            probePrimary(primary, this.#slotNames(primary.shard)),
          ),
          replicas: replicas.map((replica, index) => this.#replica(replica, index)),
          clickhouseProgress: new ProgressWindow(),
        },
      ]),
    );
  }

  async start(): Promise<void> {
    await Promise.all(this.#probes().map((probe) => probe.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#probes().map((probe) => probe.stop()));
  }

  answered(shard: ShardId, source: DataSource, replica: number): void {
    switch (source) {
      case 'PRIMARY':
        this.#of(shard).primary.heard();
        break;
      case 'REPLICA':
        this.#of(shard).replicas[replica]?.probe.heard();
        break;
      case 'CLICKHOUSE':
        this.#clickhouse?.heard();
    }
  }

  source(shard: ShardId, source: DataSource): SourceState {
    switch (source) {
      case 'PRIMARY': {
        const answeredAt = this.#of(shard).primary.heardAt();
        return answeredAt === null ? UNKNOWN : { answeredAt, health: 'HEALTHY', lagMs: 0, probedLagMs: 0 };
      }
      case 'REPLICA':
        return this.replicas(shard).reduce((best, next) => (isFresher(next, best) ? next : best), UNKNOWN);
      case 'CLICKHOUSE': {
        const latest = this.#clickhouse?.latest() ?? null;
        return this.#behind(shard, {
          answeredAt: this.#clickhouse?.heardAt() ?? null,
          heartbeatAt: latest?.answer.get(shard)?.heartbeatAt ?? null,
          snapshotBy: latest?.answeredAt ?? null,
          thresholdMs: this.#options.thresholds.clickhouseLagMs,
        });
      }
    }
  }

  replicas(shard: ShardId): readonly SourceState[] {
    return this.#of(shard).replicas.map(({ probe, clock }) => {
      const latest = probe.latest();
      return this.#behind(shard, {
        answeredAt: probe.heardAt(),
        heartbeatAt: latest?.answer.heartbeatAt ?? null,
        snapshotBy: latest === null ? null : this.#snapshotBy(latest, clock),
        thresholdMs: this.#options.thresholds.replicaLagMs,
      });
    });
  }

  progress(shard: ShardId, source: DataSource, replica: number): SourceProgress | null {
    const { replicas, clickhouseProgress } = this.#of(shard);
    const progress = source === 'REPLICA' ? replicas[replica]?.progress : clickhouseProgress;
    return source === 'PRIMARY' ? null : (progress?.at(this.#options.clock.now()) ?? null);
  }

  changeStream(shard: ShardId): ChangeStreamState {
    const { slotName } = this.#options;
    const slot = this.#believed(this.#of(shard).primary.latest())?.get(slotName) ?? null;
    const lagBytes = slot?.lagBytes ?? null;
    const lagMessages = slot?.active === true ? this.#pendingMessages(shard) : null;
    const failure = this.#options.captureFailure(shard);
    const strainedSlots = this.slots(shard).some(({ health }) => health !== 'HEALTHY');
    if (!this.hasClickHouse) return { health: strainedSlots ? 'DEGRADED' : 'HEALTHY', lagBytes, lagMessages, failure };
    if (failure !== null || lagBytes === null || lagMessages === null || slot?.walStatus === 'lost') {
      return { health: 'DOWN', lagBytes, lagMessages, failure };
    }
    const strained = strainedSlots || lagMessages > this.#options.thresholds.changeStreamMessages;
    return { health: strained ? 'DEGRADED' : 'HEALTHY', lagBytes, lagMessages, failure };
  }

  slots(shard: ShardId): readonly SlotState[] {
    const { slotName, thresholds } = this.#options;
    const probed = this.#believed(this.#of(shard).primary.latest());
    return (
      this.#slotNames(shard)
        // Without ClickHouse, nobody needs its slot; but one that was left retains WAL.
        .filter((name) => name !== slotName || this.hasClickHouse || probed?.get(name))
        // A copy of the catalog that is behind is read only while the first shard is down.
        .map((name) => slotState(name, probed?.get(name), thresholds, name === slotName ? 'DOWN' : 'DEGRADED'))
    );
  }

  primaryClockAhead(shard: ShardId): number | null {
    return this.#options.primaryClocks.primaryClockAhead(shard);
  }

  replicaClockBehind(shard: ShardId, replica: number): number | null {
    return this.#of(shard).replicas[replica]?.clock.maxBehind(this.#options.clock.now()) ?? null;
  }

  #slotNames(shard: ShardId): readonly string[] {
    return [this.#options.slotName, ...(this.#options.catalogSlots?.(shard) ?? [])];
  }

  /** The state of a source whose newest heartbeat is this one. It may lack everything since, so its lag grows with time. */
  #behind(
    shard: ShardId,
    {
      answeredAt,
      heartbeatAt,
      snapshotBy,
      thresholdMs,
    }: {
      readonly answeredAt: number | null;
      readonly heartbeatAt: number | null;
      /** When the probe's snapshot was taken, at the latest. */
      readonly snapshotBy: number | null;
      readonly thresholdMs: number;
    },
  ): SourceState {
    if (answeredAt === null) return UNKNOWN;
    const ahead = this.primaryClockAhead(shard);
    const watermark = { heartbeatAt, lsn: null };
    const lagMs = measureLag(watermark, this.#options.clock.now(), ahead);
    if (lagMs === null || snapshotBy === null) return { ...UNKNOWN, answeredAt };
    const probedLagMs = measureLag(watermark, snapshotBy, ahead);
    return { answeredAt, health: lagMs > thresholdMs ? 'DEGRADED' : 'HEALTHY', lagMs, probedLagMs };
  }

  /** By the replica's own clock, so that a late answer is not mistaken for a replica that lags. */
  #snapshotBy({ askedAt, answeredAt, answer }: ProbeAnswer<StoredHeartbeat>, clock: ClockBound): number {
    const moments = { sentAt: askedAt, arrivedAt: answeredAt, observedAt: answer.clock };
    return latestSnapshot(moments, clock.maxBehind(this.#options.clock.now()));
  }

  #believed<T>(latest: ProbeAnswer<T> | null): T | null {
    return latest === null || this.#options.clock.now() - latest.askedAt > STREAM_BELIEVED_MS ? null : latest.answer;
  }

  #pendingMessages(shard: ShardId): number | null {
    const latest = this.#clickhouse?.latest() ?? null;
    const watermark = latest?.answer.get(shard);
    if (latest === null || watermark === undefined) return null;
    const ageMs = watermark.ageMs + this.#options.clock.now() - latest.answeredAt;
    return ageMs > STREAM_BELIEVED_MS ? null : watermark.pendingMessages;
  }

  #replica(replica: PostgresDatabase, index: number): ShardProbes['replicas'][number] {
    const clock = new ClockBound();
    const progress = new ProgressWindow();
    const probe = this.#probe(`replica ${index} of shard ${replica.shard}`, LATE_MS, async () => {
      const sentAt = this.#options.clock.now();
      const answer = await readHeartbeat(replica);
      const contradicts = clock.observe({ sentAt, remote: answer.clock, receivedAt: this.#options.clock.now() });
      // Perhaps our clock stood still: then the bounds of the primaries' clocks are wrong as well.
      if (contradicts) this.#options.primaryClocks.distrust();
      this.#observe(progress, answer);
      return answer;
    });
    return { probe, clock, progress };
  }

  #observe(progress: ProgressWindow, found: Watermark | undefined): void {
    if (found === undefined || found.heartbeatAt === null) return;
    progress.observe({ at: this.#options.clock.now(), heartbeatAt: found.heartbeatAt, position: found.lsn });
  }

  #probe<T>(what: string, lateMs: number, ask: () => Promise<T>): Probe<T> {
    return new Probe({
      name: `probe of ${what}`,
      ask,
      periodMs: this.#options.periodMs,
      lateMs,
      clock: this.#options.clock,
      outages: new OutageLog(this.#options.logger, `the probe of ${what}`),
    });
  }

  #probes(): Service[] {
    const shards = [...this.#shards.values()];
    return [
      ...(this.#clickhouse === null ? [] : [this.#clickhouse]),
      ...shards.map(({ primary }) => primary),
      ...shards.flatMap(({ replicas }) => replicas.map(({ probe }) => probe)),
    ];
  }

  #of(shard: ShardId): ShardProbes {
    const probes = this.#shards.get(shard);
    if (probes === undefined) throw new RangeError(`There is no shard ${shard}`);
    return probes;
  }
}

/** By lag; of two with an unknown lag, the one that answers. */
function isFresher(a: SourceState, b: SourceState): boolean {
  if (a.probedLagMs === null && b.probedLagMs === null) return a.answeredAt !== null && b.answeredAt === null;
  return isWorseLag(b.probedLagMs, a.probedLagMs);
}
