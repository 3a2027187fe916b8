import type { PostgresDatabase } from '../../connections/postgres/postgres-database.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { ClockBound } from '../../freshness/clock-bound.ts';
import type { ReplicationState } from '../../freshness/replication-state.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Service } from '../../lifecycle/lifecycle.ts';
import { PeriodicTask } from '../../lifecycle/periodic-task.ts';
import type { Logger } from '../../observability/logger.ts';
import { OutageLog } from '../../observability/outage-log.ts';
import { beat } from '../../watermarks/heartbeat.ts';

export interface HeartbeatWriterOptions {
  /** One per shard, with separate connections, so that a heartbeat never waits behind the requests of a busy pool. */
  readonly primaries: readonly PostgresDatabase[];
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Writes the heartbeat of every shard and measures, from the round trips, how far each primary's clock is from ours.
 * Shards do not wait for each other. A shard that does not answer is retried every interval; the timeouts of its connection bound
 * each attempt.
 */
export class HeartbeatWriter implements Service, Pick<ReplicationState, 'primaryClockAhead'> {
  readonly name = 'heartbeats';
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #bounds = new Map<ShardId, ClockBound>();
  readonly #tasks: readonly PeriodicTask[];

  constructor({ primaries, intervalMs, clock, logger }: HeartbeatWriterOptions) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#tasks = primaries.map((primary) => {
      const bound = new ClockBound();
      this.#bounds.set(primary.shard, bound);
      const outages = new OutageLog(logger, `the heartbeat of shard ${primary.shard}`);
      return new PeriodicTask(`heartbeat of ${primary.shard}`, intervalMs, () => this.#beat(primary, bound, outages));
    });
  }

  async start(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.stop()));
  }

  primaryClockAhead(shard: ShardId): number | null {
    return this.#bounds.get(shard)?.maxAhead(this.#clock.now()) ?? null;
  }

  async #beat(primary: PostgresDatabase, bound: ClockBound, outages: OutageLog): Promise<void> {
    const sentAt = this.#clock.now();
    try {
      const remote = await beat(primary, this.#intervalMs);
      bound.observe({ sentAt, remote, receivedAt: this.#clock.now() });
      outages.succeeded();
    } catch (error) {
      outages.failed(error);
    }
  }
}
