import type { ShardId } from '../domain/identifiers.ts';
import type { ReplicationState } from '../freshness/replication-state.ts';
import type { Clock } from '../lib/clock.ts';

export interface ReadinessOptions {
  readonly replication: ReplicationState;
  readonly shards: readonly ShardId[];
  /** After this many milliseconds, primaries that have never answered are not waited for any more. */
  readonly startLimitMs: number;
  readonly clock: Clock;
}

/** What `GET /health/ready` answers; 200 only if it is `ready`. */
export interface ReadinessReport {
  readonly status: 'ready' | 'not ready' | 'draining';
  /** What does not answer, shard by shard. */
  readonly missing: readonly string[];
}

/**
 * Whether a balancer should send requests to this process. A process that has just started waits for the primary of every
 * shard, so that a new version that cannot reach one replaces no old process; but not for longer than the limit, or a shard that is down
 * would keep restarted processes out. From then on it is ready as long as it can serve anything: a shard that is down is down for every
 * process, and must not take all of them out of the balancer.
 *
 * The catalog cannot be missing, because a server listens only once it is loaded.
 */
export class Readiness {
  readonly #options: ReadinessOptions;
  readonly #createdAt: number;
  readonly #unseen: Set<ShardId>;
  #draining = false;

  constructor(options: ReadinessOptions) {
    this.#options = options;
    this.#createdAt = options.clock.now();
    this.#unseen = new Set(options.shards);
  }

  /** From now on it is not ready, because the process is about to stop. */
  drain(): void {
    this.#draining = true;
  }

  /** @param strict whether every primary must answer now. */
  report(strict: boolean): ReadinessReport {
    const { shards } = this.#options;
    const answering = shards.filter((shard) => this.#answers(shard, 'PRIMARY'));
    for (const shard of answering) this.#unseen.delete(shard);
    const missing = shards.filter((shard) => !answering.includes(shard)).map((shard) => this.#describe(shard));
    if (this.#draining) return { status: 'draining', missing };
    const isReady = strict ? missing.length === 0 : this.#hasStarted() && this.#servesAnything();
    return { status: isReady ? 'ready' : 'not ready', missing };
  }

  #hasStarted(): boolean {
    const { clock, startLimitMs } = this.#options;
    return this.#unseen.size === 0 || clock.now() - this.#createdAt >= startLimitMs;
  }

  /** Entities of one shard, or analytics. */
  #servesAnything(): boolean {
    return this.#options.shards.some((shard) =>
      (['PRIMARY', 'REPLICA', 'CLICKHOUSE'] as const).some((source) => this.#answers(shard, source)),
    );
  }

  #describe(shard: ShardId): string {
    return this.#answers(shard, 'REPLICA')
      ? `the primary of shard ${shard} does not answer`
      : `no server of shard ${shard} answers`;
  }

  #answers(shard: ShardId, source: 'PRIMARY' | 'REPLICA' | 'CLICKHOUSE'): boolean {
    return this.#options.replication.source(shard, source).answeredAt !== null;
  }
}
