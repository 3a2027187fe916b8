import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseDatabase } from '../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { readWatermarks } from '../watermarks/clickhouse-watermarks.ts';

const POLL_MS = 50;

/** The shard cannot be compared now: ClickHouse has no complete copy of it, or does not get any further. */
export class NotComparableError extends Error {
  override readonly name = 'NotComparableError';
}

/** The copy that was being compared has been replaced or lost: what was compared of it says nothing about the one that is there. */
export class CopyReplacedError extends Error {
  override readonly name = 'CopyReplacedError';
}

/** Brings readings of one shard's copy in ClickHouse to a position of Postgres. */
export class CommonPosition {
  readonly #clickhouse: ClickHouseDatabase;
  readonly #shard: ShardId;
  readonly #waitMs: number;
  /** The copy that is being compared; null until it has been determined. */
  #copyId: bigint | null = null;

  /** @param waitMs how long ClickHouse may take to reach a position. */
  constructor(clickhouse: ClickHouseDatabase, shard: ShardId, waitMs: number) {
    this.#clickhouse = clickhouse;
    this.#shard = shard;
    this.#waitMs = waitMs;
  }

  /** The copy to compare from now on. @throws NotComparableError */
  async begin(signal: AbortSignal): Promise<bigint> {
    const watermark = await this.#watermark(signal);
    if (watermark === null) throw new NotComparableError(`ClickHouse has no complete copy of shard ${this.#shard}.`);
    this.#copyId = watermark.copyId;
    return watermark.copyId;
  }

  /**
   * What `read` returns, read from the copy once it contains every commit up to `position`.
   * @throws NotComparableError if it does not get there in time, or another server answers; CopyReplacedError if it is not the same copy before and after.
   */
  async readAt<T>(position: bigint, read: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { serverChanges } = this.#clickhouse;
    const reached = await this.#reach(position, signal);
    const result = await read();
    const after = await this.#current(signal);
    if (this.#clickhouse.serverChanges !== serverChanges) {
      throw new NotComparableError(
        `ClickHouse was another server before shard ${this.#shard} had been read; ATLAS_CLICKHOUSE_URL must name servers, not a balancer.`,
      );
    }
    if (after < reached) throw this.#replaced();
    return result;
  }

  /** @throws CopyReplacedError */
  async check(signal: AbortSignal): Promise<void> {
    await this.#current(signal);
  }

  async #reach(position: bigint, signal: AbortSignal): Promise<bigint> {
    const deadline = performance.now() + this.#waitMs;
    for (;;) {
      const lsn = await this.#current(signal);
      if (lsn >= position) return lsn;
      if (performance.now() > deadline) {
        throw new NotComparableError(
          `ClickHouse has not reached the position of shard ${this.#shard} within ${this.#waitMs / 1000} s; check that "atlas replicate" is running and not behind.`,
        );
      }
      await delay(POLL_MS, undefined, { signal });
    }
  }

  /** How far the copy is. */
  async #current(signal: AbortSignal): Promise<bigint> {
    const watermark = await this.#watermark(signal);
    if (watermark === null || watermark.copyId !== this.#copyId) throw this.#replaced();
    return watermark.lsn;
  }

  async #watermark(signal: AbortSignal): Promise<{ readonly copyId: bigint; readonly lsn: bigint } | null> {
    const watermark = (await readWatermarks(this.#clickhouse, [this.#shard], signal)).get(this.#shard);
    return watermark === undefined || watermark.lsn === 0n ? null : watermark;
  }

  #replaced(): CopyReplacedError {
    return new CopyReplacedError(`Shard ${this.#shard} is being copied again; its verification starts over.`);
  }
}
