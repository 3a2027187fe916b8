import type { PostgresDatabase } from '../../connections/postgres/postgres-database.ts';
import type { PrimaryClocks } from '../../freshness/primary-clocks.ts';
import type { Service } from '../../lifecycle/lifecycle.ts';
import { PeriodicTask } from '../../lifecycle/periodic-task.ts';
import type { Logger } from '../../observability/logger.ts';
import { OutageLog } from '../../observability/outage-log.ts';
import { beat } from '../../watermarks/heartbeat.ts';

export interface HeartbeatWriterOptions {
  /** One per shard, with separate connections, so that a heartbeat never waits behind the requests of a busy pool. */
  readonly primaries: readonly PostgresDatabase[];
  readonly intervalMs: number;
  /** As of `beat`. */
  readonly markers?: readonly string[];
  /** Learns from the round trips. */
  readonly clocks: PrimaryClocks;
  readonly logger: Logger;
}

/**
 * Writes the heartbeat of every shard and measures, from the round trips, how far each primary's clock is from ours.
 * Shards do not wait for each other. A shard that does not answer is retried every interval; the timeouts of its connection bound
 * each attempt.
 */
export class HeartbeatWriter implements Service {
  readonly name = 'heartbeats';
  readonly #clocks: PrimaryClocks;
  readonly #intervalMs: number;
  readonly #markers: readonly string[];
  readonly #tasks: readonly PeriodicTask[];

  constructor({ primaries, intervalMs, markers = [], clocks, logger }: HeartbeatWriterOptions) {
    this.#clocks = clocks;
    this.#intervalMs = intervalMs;
    this.#markers = markers;
    this.#tasks = primaries.map((primary) => {
      const outages = new OutageLog(logger, `the heartbeat of shard ${primary.shard}`);
      return new PeriodicTask(`heartbeat of ${primary.shard}`, intervalMs, () => this.#beat(primary, outages));
    });
  }

  async start(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.stop()));
  }

  async #beat(primary: PostgresDatabase, outages: OutageLog): Promise<void> {
    try {
      await this.#clocks.measure(primary.shard, () => beat(primary, this.#intervalMs, this.#markers));
      outages.succeeded();
    } catch (error) {
      outages.failed(error);
    }
  }
}
