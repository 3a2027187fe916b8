import type { ClickHouseDatabase } from '../../../connections/clickhouse/clickhouse-database.ts';
import {
  type AdvancedShard,
  advanceWatermarks,
  readAdvanced,
  type WatermarkAdvance,
} from '../../../watermarks/advance-watermarks.ts';

/** A watermark that others are being written for waits for so much of what writing one takes, and never longer than this. */
const MOST_WAIT_SHARE = 0.5;
const MOST_WAIT_MS = 25;

interface Waiting {
  readonly advance: WatermarkAdvance;
  readonly resolve: (advanced: AdvancedShard) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes the watermarks of all shards of a process. One statement takes what has come while the one before ran: its price hardly depends on how many it
 * takes, and many shards are written as often as one. While the rows of others are being written, whose watermarks are soon to come, it waits for a moment.
 */
export class WatermarkWriter {
  static readonly #known = new WeakMap<ClickHouseDatabase, WatermarkWriter>();
  readonly #clickhouse: ClickHouseDatabase;
  #waiting: Waiting[] = [];
  /** Batches whose rows are being written. */
  #underWay = 0;
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;
  /** How long the last ones took, in milliseconds. */
  #tookMs = 0;

  private constructor(clickhouse: ClickHouseDatabase) {
    this.#clickhouse = clickhouse;
  }

  /** The one of all that write rows through this database. */
  static of(clickhouse: ClickHouseDatabase): WatermarkWriter {
    const known = WatermarkWriter.#known.get(clickhouse) ?? new WatermarkWriter(clickhouse);
    WatermarkWriter.#known.set(clickhouse, known);
    return known;
  }

  /** Runs what writes the rows that a watermark is about to cover. */
  async whileWriting<T>(write: () => Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await write();
    } finally {
      this.#underWay--;
      this.#schedule();
    }
  }

  /**
   * See advanceWatermarks.
   * @returns what ClickHouse has of the shard afterwards.
   * @throws what the statement fails with: it is not known whether the watermark was written.
   */
  advance(advance: WatermarkAdvance): Promise<AdvancedShard> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ advance, resolve, reject });
      this.#schedule();
    });
  }

  /** A batch that has just been written asks for its watermark before the timer of no time at all has run out. */
  #schedule(): void {
    if (this.#isRunning || this.#waiting.length === 0) return;
    if (this.#timer !== undefined && this.#underWay > 0) return;
    clearTimeout(this.#timer);
    const waitMs = this.#underWay === 0 ? 0 : Math.min(MOST_WAIT_SHARE * this.#tookMs, MOST_WAIT_MS);
    this.#timer = setTimeout(() => void this.#run(), waitMs);
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    this.#timer = undefined;
    this.#isRunning = true;
    const taken = this.#takeOnePerShard();
    const advances = taken.map(({ advance }) => advance);
    const startedAt = performance.now();
    try {
      await advanceWatermarks(this.#clickhouse, advances);
      const advanced = await readAdvanced(this.#clickhouse, advances);
      for (const [place, { resolve, reject }] of taken.entries()) {
        const own = advanced[place];
        if (own === undefined) reject(new Error('An advance has no result'));
        else resolve(own);
      }
      this.#tookMs = performance.now() - startedAt;
    } catch (error) {
      for (const { reject } of taken) reject(error);
    }
    this.#isRunning = false;
    this.#schedule();
  }

  #takeOnePerShard(): readonly Waiting[] {
    const first = new Map<string, Waiting>();
    for (const waiting of this.#waiting) {
      if (!first.has(waiting.advance.shard)) first.set(waiting.advance.shard, waiting);
    }
    const taken = [...first.values()];
    this.#waiting = this.#waiting.filter((waiting) => !taken.includes(waiting));
    return taken;
  }
}
