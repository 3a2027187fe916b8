import type { ShardId, TenantId } from '../domain/identifiers.ts';
import type { Clock } from '../lib/clock.ts';
import { ClickHouseCopy } from './clickhouse-copy.ts';
import { CommonPosition } from './common-position.ts';
import { ChunkComparison, type ComparedChunk, type DifferenceListener } from './compare-chunk.ts';
import { compareKeys, type EntityKey, wholeRange } from './entity-range.ts';
import type { ComparedShard, ComparisonOptions } from './shard-comparison.ts';

/** What a pass over a shard has found so far. */
export interface PassTotals {
  /** Entities in Postgres. */
  readonly entities: number;
  /** Attribute rows in Postgres. */
  readonly values: number;
  /** Rows that differ, those included that were repaired. */
  readonly differences: number;
  readonly repaired: number;
  /** Rows that changed whenever they were compared; each change has written them anew. */
  readonly unsettled: number;
}

/** A pass compares everything once, and begins anew with every copy of the shard. */
export interface Pass {
  readonly shard: ShardId;
  readonly copyId: bigint;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The last entity that was compared. */
  readonly reached: EntityKey;
  readonly totals: PassTotals;
}

export const NOTHING_COMPARED: PassTotals = { entities: 0, values: 0, differences: 0, repaired: 0, unsettled: 0 };

export interface PassOptions extends ComparisonOptions {
  /** Null: all tenants. */
  readonly tenantId: TenantId | null;
  readonly clock: Clock;
  readonly onDifference: DifferenceListener;
}

/** Compares a shard, or one tenant of it, chunk by chunk. */
export class ShardPass {
  readonly #ends: ComparedShard;
  readonly #position: CommonPosition;
  readonly #options: PassOptions;
  /** Of the copy that is compared; null before `begin`. */
  #comparison: ChunkComparison | null = null;

  constructor(shard: ComparedShard, options: PassOptions) {
    this.#ends = shard;
    this.#options = options;
    this.#position = new CommonPosition(shard.clickhouse, shard.server.shard, options.waitMs);
  }

  /**
   * Begins a pass, or continues one of the same copy.
   * @throws NotComparableError if ClickHouse has no complete copy.
   */
  async begin(interrupted: Pass | null, signal: AbortSignal): Promise<Pass> {
    const { server, clickhouse } = this.#ends;
    const copyId = await this.#position.begin(signal);
    const copy = new ClickHouseCopy(clickhouse, copyId);
    const { onDifference, tenantId, clock } = this.#options;
    this.#comparison = new ChunkComparison(this.#ends, copy, this.#position, this.#options, onDifference);
    if (interrupted?.copyId === copyId) return interrupted;
    return {
      shard: server.shard,
      copyId,
      startedAt: clock.now(),
      reached: wholeRange(tenantId).after,
      totals: NOTHING_COMPARED,
    };
  }

  isComplete(pass: Pass): boolean {
    return compareKeys(pass.reached, wholeRange(this.#options.tenantId).upTo) >= 0;
  }

  /**
   * Compares the next chunk. After an error, the same chunk can be tried again.
   * @throws NotComparableError; CopyReplacedError, after which only `begin` helps; or as a statement does.
   */
  async advance(pass: Pass, signal: AbortSignal): Promise<Pass> {
    const { upTo } = wholeRange(this.#options.tenantId);
    if (this.#comparison === null) throw new Error('The pass has not begun');
    const chunk = await this.#comparison.compare({ after: pass.reached, upTo }, signal);
    return { ...pass, reached: chunk.upTo, totals: sum(pass.totals, chunk) };
  }
}

function sum(totals: PassTotals, chunk: ComparedChunk): PassTotals {
  return {
    entities: totals.entities + chunk.entities,
    values: totals.values + chunk.values,
    differences: totals.differences + chunk.differences,
    repaired: totals.repaired + chunk.repaired,
    unsettled: totals.unsettled + chunk.unsettled,
  };
}
