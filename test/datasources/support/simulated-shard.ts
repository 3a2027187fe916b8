import type { EntityReader } from '../../../src/datasources/entity-reader.ts';
import type { ReplicatedSource } from '../../../src/datasources/routing/replicated-source.ts';
import type { EntityRecord } from '../../../src/domain/entity.ts';
import { AtlasError, type ErrorCode } from '../../../src/domain/errors.ts';
import type { Measured, Watermark } from '../../../src/freshness/freshness.ts';
import { entity } from '../../support/domain.ts';

/** True time, which is also this process's clock. It passes only when something takes time. */
export class SimulatedTime {
  constructor(public ms: number) {}
  now = (): number => this.ms;
  pass = async (ms: number): Promise<void> => {
    this.ms += ms;
  };
}

/** What happened on a primary, and the error of its clock. All times are true. */
export interface SimulatedPrimary {
  readonly commits: readonly number[];
  readonly heartbeats: readonly number[];
  readonly clockOffset: number;
  readonly down: boolean;
}

/** A source that receives everything `delay` ms late, and nothing that happened after `frozenAt`. */
export interface SimulatedReplica {
  readonly delay: number;
  readonly frozenAt: number;
  readonly clockOffset: number;
  readonly down: boolean;
  /** On the way there, between the snapshot and the source's look at its clock, and on the way back. */
  readonly latency: readonly [number, number, number];
}

/** A position in the WAL grows with true time. */
export const positionAt = (time: number): bigint => BigInt(Math.floor(time * 1_000));

/** What a simulated read saw: the attributes of its answer's only entity. */
export interface Snapshot {
  readonly takenAt: number;
  /** Everything up to this true time is contained. */
  readonly appliedTo: number;
}

/** One shard whose sources answer entitiesById only. */
export class SimulatedShard {
  constructor(
    readonly shard: string,
    readonly time: SimulatedTime,
    readonly history: SimulatedPrimary,
  ) {}

  primary(latency: SimulatedReplica['latency']): EntityReader {
    const source = { ...this.history, delay: 0, frozenAt: Number.POSITIVE_INFINITY, latency };
    return this.#reader(source, 'SHARD_UNAVAILABLE');
  }

  replicated(source: SimulatedReplica, code: ErrorCode = 'SHARD_UNAVAILABLE'): ReplicatedSource {
    const positions = async () => {
      if (source.down) throw new AtlasError(code, 'down');
      await this.time.pass(source.latency[0]);
      const position = positionAt(this.#appliedTo(source));
      await this.time.pass(source.latency[2]);
      return new Map([[this.shard, position]]);
    };
    return { reader: this.#reader(source, code), positions };
  }

  #appliedTo({ delay, frozenAt }: SimulatedReplica): number {
    return Math.min(this.time.now() - delay, frozenAt);
  }

  /** ClickHouse reports its position with every read; a replica reports the position of its last heartbeat. */
  #reader(source: SimulatedReplica, code: ErrorCode, tellsPosition = code === 'ANALYTICS_UNAVAILABLE'): EntityReader {
    const entitiesById = async (): Promise<Measured<readonly EntityRecord[]>> => {
      if (source.down) throw new AtlasError(code, 'down');
      await this.time.pass(source.latency[0]);
      const snapshot = { takenAt: this.time.now(), appliedTo: this.#appliedTo(source) };
      await this.time.pass(source.latency[1]);
      const observedAt = this.time.now() + source.clockOffset;
      await this.time.pass(source.latency[2]);
      const data = [entity({ attributes: { ...snapshot } })];
      const watermark = { ...this.#watermark(snapshot), ...(tellsPosition && { lsn: positionAt(snapshot.appliedTo) }) };
      const shown = new Map([[this.shard, positionAt(snapshot.appliedTo)]]);
      return { data, watermarks: new Map([[this.shard, watermark]]), shown, observedAt };
    };
    return {
      ask: async ({ name }) => {
        if (name !== 'entitiesById') throw new Error('only entitiesById is simulated');
        return (await entitiesById()) as never;
      },
    };
  }

  #watermark({ appliedTo }: Snapshot): Watermark {
    const seen = this.history.heartbeats.filter((time) => time <= appliedTo);
    const last = Math.max(...seen);
    if (seen.length === 0) return { heartbeatAt: null, lsn: null };
    return { heartbeatAt: Math.floor(last + this.history.clockOffset), lsn: positionAt(last) };
  }

  /** The age, at the snapshot, of the oldest commit that it lacks; 0 if it lacks none. */
  trueLag({ takenAt, appliedTo }: Snapshot): number {
    const missing = this.history.commits.filter((time) => time > appliedTo && time <= takenAt);
    return missing.length === 0 ? 0 : takenAt - Math.min(...missing);
  }
}
