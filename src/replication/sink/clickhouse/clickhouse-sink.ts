import type { ClickHouseDatabase } from '../../../connections/clickhouse/clickhouse-database.ts';
import type { AttributeLookup } from '../../../domain/catalog/attribute.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { AdvancedShard } from '../../../watermarks/advance-watermarks.ts';
import {
  announceCopy,
  COVERED_TABLES,
  liveCopy,
  readCopies,
  type StoredCopy,
} from '../../../watermarks/clickhouse-watermarks.ts';
import { isMarked, markCopy } from '../../../watermarks/copy-markers.ts';
import { ensureHistoryStart, recordHistoryStart } from '../../../watermarks/history-start.ts';
import type { SinkPosition } from '../../change.ts';
import { type BatchOrigin, type ChangeSink, PositionLostError, type SinkBatch } from '../change-sink.ts';
import { ClickHouseBatch } from './clickhouse-batch.ts';
import { SharedInserts } from './shared-inserts.ts';
import { UnusedCopies } from './unused-copies.ts';
import { WatermarkWriter } from './watermark-writer.ts';

const WATERMARKS = 'replication_watermark';
const ALL_TABLES = [WATERMARKS, ...COVERED_TABLES];

/** Above every earlier one, and taken from the clock, so that it is new even if the table was emptied by hand. */
const NEXT_COPY_ID = `
SELECT greatest(max(copy_id) + 1, toUInt64(toUnixTimestamp64Micro(now64(6)))) AS next FROM replication_watermark`;
const SHARDS_WITH_COPY_ID = 'SELECT DISTINCT shard FROM replication_watermark WHERE copy_id = {copyId:UInt64}';

export interface ClickHouseSinkOptions {
  /**
   * With connections enough that shards do not wait for each other's inserts. The sinks of one process share it: those that do write
   * rows and watermarks together.
   */
  readonly clickhouse: ClickHouseDatabase;
  readonly shard: ShardId;
  readonly attributes: AttributeLookup;
  /** How long a copy that is not read any more is kept for the reads that have begun: longer than the longest of them, in ms. */
  readonly retentionMs: number;
  readonly clock: Clock;
}

/** ReplacingMergeTree keeps the row with the highest version, so writing again changes nothing. */
export class ClickHouseSink implements ChangeSink {
  readonly #options: ClickHouseSinkOptions;
  readonly #shared: SharedInserts;
  readonly #watermarks: WatermarkWriter;
  readonly #unused: UnusedCopies;
  /** The copy whose changes are known to continue the history, or to begin it. */
  #historyOf: bigint | null = null;

  constructor(options: ClickHouseSinkOptions) {
    this.#options = options;
    this.#shared = SharedInserts.of(options.clickhouse);
    this.#watermarks = WatermarkWriter.of(options.clickhouse);
    this.#unused = new UnusedCopies(options);
  }

  /** Of replicated tables, another process may have written through another server. */
  async position(signal?: AbortSignal): Promise<SinkPosition | null> {
    await this.#options.clickhouse.catchUp(ALL_TABLES, signal);
    const copies = await this.#copies(signal);
    const live = liveCopy(copies);
    if (live === undefined || isSuperseded(live.copyId, copies)) return null;
    const { copyId, lsn, heartbeatAt } = live;
    if (!(await isMarked(this.#options.clickhouse, copyId, signal))) return null;
    return { copyId, lsn, heartbeatAt };
  }

  batch(copyId: bigint, origin: BatchOrigin): SinkBatch {
    return new ClickHouseBatch({
      ...this.#options,
      shared: this.#shared,
      ...{ watermarks: this.#watermarks, copyId, keepsHistory: origin === 'stream' },
    });
  }

  refreshAttributes(): Promise<void> {
    return this.#options.attributes.refresh();
  }

  knowAttributes(revision: number): Promise<void> {
    return this.#options.attributes.atLeast(revision);
  }

  async advance(from: bigint, to: SinkPosition, pendingMessages: number): Promise<void> {
    const { shard } = this.#options;
    await this.#beginHistory(from, to);
    const { copies, isMarked: marked } = await this.#watermarks.advance({ shard, from, ...to, pendingMessages });
    if (isSuperseded(to.copyId, copies)) {
      throw new PositionLostError(
        `Another copy of shard ${shard} has begun; changes that follow the previous one end.`,
      );
    }
    const stored = copies.find(({ copyId }) => copyId === to.copyId);
    if (stored === undefined) {
      throw new PositionLostError(`ClickHouse has lost its position of shard ${shard}; the shard is copied again.`);
    }
    if (stored.lsn === 0n) {
      throw new PositionLostError(
        `The copy of shard ${shard} that is read has got further than ${to.lsn}; the new one does not take over.`,
      );
    }
    if (stored.lsn < to.lsn) {
      throw new PositionLostError(
        `ClickHouse has gone back to position ${stored.lsn} of shard ${shard}, after it had reached ${from}; the stream starts over from there.`,
      );
    }
    if (!marked) {
      throw new PositionLostError(`ClickHouse has lost rows of shard ${shard}; the shard is copied again.`);
    }
  }

  /** Rows are read by the id of their copy alone, so two shards must not get the same one. */
  async beginCopy({ endsEarlier }: { readonly endsEarlier: boolean }): Promise<bigint> {
    const { clickhouse, shard } = this.#options;
    await clickhouse.catchUp(ALL_TABLES);
    for (;;) {
      const [row] = await clickhouse.query<{ next: string }>(NEXT_COPY_ID);
      if (row === undefined) throw new Error('ClickHouse returned no row for an aggregate');
      const copyId = BigInt(row.next);
      this.#unused.keep(copyId);
      await announceCopy(clickhouse, shard, copyId, { endsEarlier });
      // Of two that announce the same through different servers, the later one finds the other's.
      await clickhouse.catchUp([WATERMARKS]);
      const shards = await clickhouse.query<object>(SHARDS_WITH_COPY_ID, { copyId });
      if (shards.length > 1) continue;
      await markCopy(clickhouse, shard, copyId);
      return copyId;
    }
  }

  abandonCopy(copyId: bigint): Promise<void> {
    return this.#unused.abandon(copyId);
  }

  removeUnused(): Promise<void> {
    return this.#unused.remove();
  }

  /**
   * A stream that follows a copy after which nothing followed the earlier ones begins the shard's history anew: what happened in between is not known. Before
   * the position that lets the stream begin, so that no history seems to be complete that is not.
   */
  async #beginHistory(from: bigint, { copyId, lsn, heartbeatAt }: SinkPosition): Promise<void> {
    if (this.#historyOf === copyId) return;
    const { clickhouse, shard, clock } = this.#options;
    const at = Math.ceil(Math.max(clock.now(), heartbeatAt ?? 0));
    const copy = from === 0n ? (await this.#copies()).find((known) => known.copyId === copyId) : undefined;
    if (copy?.endsEarlier === true) await recordHistoryStart(clickhouse, { shard, lsn, at });
    else await ensureHistoryStart(clickhouse, { shard, lsn: from === 0n ? lsn : from, at });
    this.#historyOf = copyId;
  }

  async #copies(signal?: AbortSignal): Promise<readonly StoredCopy[]> {
    const { clickhouse, shard } = this.#options;
    return (await readCopies(clickhouse, [shard], signal)).get(shard) ?? [];
  }
}

/** Whether the changes that follow this copy end. */
function isSuperseded(copyId: bigint, copies: AdvancedShard['copies']): boolean {
  return copies.some((copy) => copy.copyId > copyId && (copy.lsn > 0n || copy.endsEarlier));
}
