import type { ShardId } from '../domain/identifiers.ts';
import type { Clock } from '../lib/clock.ts';
import type { DataSource } from './freshness.ts';
import type { ReplicationState } from './replication-state.ts';

const SAMPLE_PERIOD_MS = 1_000;
/** Five minutes. */
const SAMPLES = 300;

export interface LagSeries {
  readonly shard: ShardId;
  readonly source: DataSource;
  /** The replica's place in the configuration; null for the other sources. */
  readonly replica: number | null;
  /** Upper bounds in milliseconds, one per second, the newest last; null where the lag was unknown or nobody looked. */
  readonly lagMs: readonly (number | null)[];
}

interface Watched {
  readonly shard: ShardId;
  readonly source: DataSource;
  readonly replica: number | null;
  readonly lagMs: () => number | null;
  /** One place per second, used in a circle. NaN: unknown. */
  readonly samples: Float64Array;
}

/** The lag of every source in the last five minutes, as the probes found it. Takes 2.4 kB for each server and shard, and asks no server. */
export class LagHistory {
  readonly periodMs = SAMPLE_PERIOD_MS;
  readonly #clock: Clock;
  readonly #watched: readonly Watched[];
  /** The second of the newest sample. */
  #newest: number;

  constructor(
    state: Pick<ReplicationState, 'source' | 'replicas' | 'hasClickHouse'>,
    shards: readonly ShardId[],
    clock: Clock,
  ) {
    this.#clock = clock;
    this.#newest = this.#second() - 1;
    this.#watched = shards.flatMap((shard) => [
      watch(shard, 'PRIMARY', null, () => state.source(shard, 'PRIMARY').lagMs),
      ...state
        .replicas(shard)
        .map((_, replica) => watch(shard, 'REPLICA', replica, () => state.replicas(shard)[replica]?.lagMs ?? null)),
      ...(state.hasClickHouse ? [watch(shard, 'CLICKHOUSE', null, () => state.source(shard, 'CLICKHOUSE').lagMs)] : []),
    ]);
  }

  /** To be called at least once a second. Seconds without a call stay unknown; of two calls in one, the later counts. */
  sample(): void {
    const now = this.#second();
    for (const { samples, lagMs } of this.#watched) {
      const skippedFrom = Math.max(this.#newest + 1, now - SAMPLES + 1);
      for (let second = skippedFrom; second < now; second++) samples[second % SAMPLES] = Number.NaN;
      samples[now % SAMPLES] = lagMs() ?? Number.NaN;
    }
    this.#newest = now;
  }

  series(): readonly LagSeries[] {
    return this.#watched.map(({ shard, source, replica, samples }) => ({
      shard,
      source,
      replica,
      lagMs: Array.from({ length: SAMPLES }, (_, index) => {
        const lag = samples[(this.#newest + 1 + index) % SAMPLES];
        return lag === undefined || Number.isNaN(lag) ? null : Math.ceil(lag);
      }),
    }));
  }

  #second(): number {
    return Math.floor(this.#clock.now() / SAMPLE_PERIOD_MS);
  }
}

function watch(shard: ShardId, source: DataSource, replica: number | null, lagMs: () => number | null): Watched {
  return { shard, source, replica, lagMs, samples: new Float64Array(SAMPLES).fill(Number.NaN) };
}
