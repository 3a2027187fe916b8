import type { ClickHouseDatabase } from '../../../connections/clickhouse/clickhouse-database.ts';
import { DatabaseError } from '../../../connections/database-error.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import {
  type AdvancedShard,
  advanceWatermarks,
  readAdvanced,
  type WatermarkAdvance,
} from '../../../watermarks/advance-watermarks.ts';
import { COPIED_TABLES } from '../../../watermarks/copy-markers.ts';

/** A watermark that others are being written for waits for so much of what a statement takes, and never longer than this. */
const MOST_WAIT_SHARE = 0.5;
const MOST_WAIT_MS = 25;
/** A statement that takes longer is not waited for by other shards: it may hang alone, for as long as a statement may take. */
const PATIENCE_MS = 2_000;
/** What has to be on the server that decides. */
const DECIDING_TABLES = ['replication_watermark', ...COPIED_TABLES];

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
  /** Of several servers: which one has what was written last. */
  #serverChanges: number;
  #waiting: Waiting[] = [];
  /** The shards of statements that run. */
  readonly #held = new Set<ShardId>();
  /** Batches whose rows are being written. */
  #underWay = 0;
  /** Whether a statement runs that is waited for. */
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;
  /** How long the last one took, in milliseconds. */
  #tookMs = 0;

  private constructor(clickhouse: ClickHouseDatabase) {
    this.#clickhouse = clickhouse;
    this.#serverChanges = clickhouse.serverChanges;
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
   * See advanceWatermarks. Of one shard, one follows the other.
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
    if (this.#isRunning || !this.#waiting.some(({ advance }) => !this.#held.has(advance.shard))) return;
    if (this.#timer !== undefined && this.#underWay > 0) return;
    clearTimeout(this.#timer);
    const waitMs = this.#underWay === 0 ? 0 : Math.min(MOST_WAIT_SHARE * this.#tookMs, MOST_WAIT_MS);
    this.#timer = setTimeout(() => void this.#run(), waitMs);
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    this.#timer = undefined;
    const taken = this.#take();
    this.#isRunning = true;
    let isWaitedFor = true;
    const leave = () => {
      if (isWaitedFor) this.#isRunning = false;
      isWaitedFor = false;
    };
    const impatience = setTimeout(() => {
      leave();
      this.#schedule();
    }, PATIENCE_MS);
    const startedAt = performance.now();
    await this.#settle(taken);
    this.#tookMs = performance.now() - startedAt;
    clearTimeout(impatience);
    leave();
    for (const { advance } of taken) this.#held.delete(advance.shard);
    this.#schedule();
  }

  /** The first one of each shard that has no statement under way. */
  #take(): readonly Waiting[] {
    const taken = new Set<Waiting>();
    for (const waiting of this.#waiting) {
      if (this.#held.has(waiting.advance.shard)) continue;
      this.#held.add(waiting.advance.shard);
      taken.add(waiting);
    }
    this.#waiting = this.#waiting.filter((waiting) => !taken.has(waiting));
    return [...taken];
  }

  /** What the server refuses of several is asked for one by one: what is wrong with one shard does not hold the others. Never rejects. */
  async #settle(taken: readonly Waiting[]): Promise<void> {
    try {
      const advanced = await this.#advance(taken.map(({ advance }) => advance));
      for (const { advance, resolve } of taken) resolve(advanced.get(advance.shard) ?? { copies: [], isMarked: false });
    } catch (error) {
      if (taken.length > 1 && error instanceof DatabaseError) {
        for (const one of taken) await this.#settle([one]);
      } else {
        // The rows of those that wait were written before, too: a server that comes back may have lost them.
        const isAlive = error instanceof DatabaseError;
        for (const { reject } of isAlive ? taken : [...taken, ...this.#waiting.splice(0)]) reject(error);
      }
    }
  }

  async #advance(advances: readonly WatermarkAdvance[]): Promise<ReadonlyMap<ShardId, AdvancedShard>> {
    await this.#catchUp();
    await advanceWatermarks(this.#clickhouse, advances);
    await this.#catchUp();
    return readAdvanced(this.#clickhouse, advances);
  }

  /** A server that did not answer before may lack the last watermarks, which would look as if they were lost. */
  async #catchUp(): Promise<void> {
    const { serverChanges } = this.#clickhouse;
    if (serverChanges === this.#serverChanges) return;
    await this.#clickhouse.catchUp(DECIDING_TABLES);
    this.#serverChanges = serverChanges;
  }
}
