import type { ClickHouseSession } from '../../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import type { Measured, Watermark } from '../../freshness/freshness.ts';
import { readAftermath } from '../../watermarks/clickhouse-aftermath.ts';
import { readWatermarks } from '../../watermarks/clickhouse-watermarks.ts';
import type { EntityReader } from '../entity-reader.ts';
import type { Question } from '../questions/question.ts';
import type { ReadCopy } from './read-copies.ts';

const UNKNOWN: Watermark = { heartbeatAt: null, lsn: null };

/**
 * Reads ClickHouse's copies of the given shards. The watermarks are read by a separate query before the data, and name the copies
 * that the data is read from. They are written after the data they describe, so the data contains at least what they state. Rows of
 * a copy are removed only after its watermark, or by hand together with its markers; so a watermark counts if it and the markers are
 * still there once the data has been read, whether or not a newer copy is complete by then.
 */
export class ClickHouseEntityReader implements EntityReader {
  readonly #database: ClickHouseSession;
  readonly #shards: readonly ShardId[];

  constructor(database: ClickHouseSession, shards: readonly ShardId[]) {
    this.#database = database;
    this.#shards = shards;
  }

  async ask<Part>({ clickhouse, tenantId }: Question<Part, unknown>, signal: AbortSignal): Promise<Measured<Part>> {
    const before = await readWatermarks(this.#database, this.#shards, signal);
    const { text, parameters } = clickhouse.select(before);
    const rows = await this.#database.query<object>(text, parameters, signal, tenantId);
    const { positions, shown } = await readAftermath(this.#database, this.#shards, before, signal);
    const watermarks = new Map(
      this.#shards.map((shard) => [shard, watermarkOf(before.get(shard), positions)] as const),
    );
    return { data: clickhouse.parse(rows), watermarks, shown, observedAt: null };
  }
}

/** What was known before the data was read, unless the copy or some of its rows are gone, or ClickHouse has gone back to an earlier state. */
function watermarkOf(read: (ReadCopy & Watermark) | undefined, after: ReadonlyMap<bigint, bigint>): Watermark {
  if (read === undefined) return UNKNOWN;
  const still = after.get(read.copyId);
  if (still === undefined || still < read.lsn) return UNKNOWN;
  return { heartbeatAt: read.heartbeatAt, lsn: read.lsn };
}
