import type { ClickHouseDatabase } from '../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { Clock } from '../lib/clock.ts';
import type { Service } from '../lifecycle/lifecycle.ts';
import { PeriodicTask } from '../lifecycle/periodic-task.ts';
import { readWatermarks } from '../watermarks/clickhouse-watermarks.ts';
import {
  judgeVerification,
  type ShardVerification,
  UNKNOWN_VERIFICATION,
  type VerificationState,
} from './verification-state.ts';
import { readPasses, type StoredPasses } from './verification-store.ts';

/** How often the stored passes are read. */
const POLL_MS = 2_000;

export interface VerificationMonitorOptions {
  readonly clickhouse: ClickHouseDatabase;
  readonly shards: readonly ShardId[];
  readonly periodMs: number;
  readonly clock: Clock;
}

interface Known {
  /** Null: no complete copy. */
  readonly copyId: bigint | null;
  readonly passes: StoredPasses;
}

/** Knows what any process has found. While ClickHouse does not answer, what was known last grows older. */
export class VerificationMonitor implements Service, VerificationState {
  readonly name = 'verification monitor';
  readonly #options: VerificationMonitorOptions;
  readonly #task: PeriodicTask;
  #known: ReadonlyMap<ShardId, Known> = new Map();

  constructor(options: VerificationMonitorOptions) {
    this.#options = options;
    this.#task = new PeriodicTask(this.name, POLL_MS, () => this.#read());
  }

  get periodMs(): number {
    return this.#options.periodMs;
  }

  start(): Promise<void> {
    return this.#task.start();
  }

  stop(): Promise<void> {
    return this.#task.stop();
  }

  shard(shard: ShardId): ShardVerification {
    const known = this.#known.get(shard);
    if (known === undefined) return UNKNOWN_VERIFICATION;
    return judgeVerification(known.copyId, known.passes, this.periodMs, this.#options.clock.now());
  }

  /** That ClickHouse does not answer is reported as the state of ClickHouse. */
  async #read(): Promise<void> {
    const { clickhouse, shards } = this.#options;
    try {
      const passes = await readPasses(clickhouse, shards);
      const watermarks = await readWatermarks(clickhouse, shards);
      this.#known = new Map(
        shards.map((shard) => {
          const watermark = watermarks.get(shard);
          const copyId = watermark === undefined || watermark.lsn === 0n ? null : watermark.copyId;
          return [shard, { copyId, passes: passes.get(shard) ?? { completed: null, running: null } }];
        }),
      );
    } catch {}
  }
}
