import type { ClickHouseSession } from '../../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import type { Measured, Watermark } from '../../freshness/freshness.ts';
import { readShown } from '../../watermarks/clickhouse-shown.ts';
import { type ClickHouseWatermark, readWatermarks } from '../../watermarks/clickhouse-watermarks.ts';
import type { EntityReader } from '../entity-reader.ts';
import type { Question } from '../questions/question.ts';

const UNKNOWN: Watermark = { heartbeatAt: null, lsn: null };

/**
 * Reads ClickHouse's copies of the given shards. The watermarks are read by a separate query before the data, and are written
 * after the data they describe, so the data contains at least what they state. Only a new copy of a shard removes rows, and it is
 * recorded before that, so a watermark counts if its copy is still the newest once the data has been read.
 */
export class ClickHouseEntityReader implements EntityReader {
  readonly #database: ClickHouseSession;
  readonly #shards: readonly ShardId[];

  constructor(database: ClickHouseSession, shards: readonly ShardId[]) {
    this.#database = database;
    this.#shards = shards;
  }

  async ask<Part>({ clickhouse }: Question<Part, unknown>, signal: AbortSignal): Promise<Measured<Part>> {
    const before = await readWatermarks(this.#database, this.#shards, signal);
    const settled = new Map(this.#shards.map((shard) => [shard, before.get(shard)?.lsn ?? 0n]));
    const { text, parameters } = clickhouse.select(settled);
    const rows = await this.#database.query<object>(text, parameters, signal);
    const [after, shown] = await Promise.all([
      readWatermarks(this.#database, this.#shards, signal),
      readShown(this.#database, this.#shards, signal),
    ]);
    const watermarks = new Map(
      this.#shards.map((shard) => [shard, watermarkOf(before.get(shard), after.get(shard))] as const),
    );
    return { data: clickhouse.parse(rows), watermarks, shown, observedAt: null };
  }
}

/** What was known before the data was read, unless a copy has begun since, or ClickHouse has gone back to an earlier state. */
function watermarkOf(before: ClickHouseWatermark | undefined, after: ClickHouseWatermark | undefined): Watermark {
  if (before === undefined || before.copyId !== after?.copyId || after.lsn < before.lsn) return UNKNOWN;
  return { heartbeatAt: before.heartbeatAt, lsn: before.lsn };
}
