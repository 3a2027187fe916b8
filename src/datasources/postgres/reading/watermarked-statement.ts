import type { ShardId } from '../../../domain/identifiers.ts';
import type { Watermark } from '../../../freshness/freshness.ts';
import { milliseconds } from '../../../watermarks/heartbeat.ts';
import { SHOWN_COLUMNS, type ShownColumns, shownPosition, walBytes } from '../../../watermarks/wal-position.ts';

/** What a statement selects beside the shard's watermark. */
export interface PostgresSelect {
  /** Common table expressions that the body uses. */
  readonly with?: readonly string[];
  readonly columns: readonly string[];
  /** A SELECT that gives these columns. */
  readonly body: string;
  /** On the columns. */
  readonly orderBy?: string;
}

/** The columns of the one row that has the watermark; null in all others. */
interface WatermarkRow extends ShownColumns {
  readonly held_shard: ShardId | null;
  readonly observed_at: number | null;
  readonly heartbeat_at: number | null;
  readonly heartbeat_lsn: string | null;
}

/** All columns of the watermark's own row are null, except those of the watermark. */
export type WatermarkedRow<Row extends object> = Row & WatermarkRow;

/**
 * One statement, so one snapshot, for the shard's heartbeat and the rows of `body`. Even if the body has no rows, one row comes
 * back: the heartbeat, with the clock and the position in the WAL just after the snapshot was taken. It is a separate row so that
 * it is computed and sent once, and first in the plan so that the clock is read before the body runs.
 * @param beside further columns of that row.
 */
export function watermarkedStatement(select: PostgresSelect, beside: Readonly<Record<string, string>> = {}): string {
  const { columns, body, orderBy } = select;
  const further = Object.entries(beside);
  const [besideIt, none] = [further.map(([name, sql]) => `${sql} AS ${name}, `), further.map(() => 'NULL, ')];
  const common = select.with === undefined ? '' : `WITH ${select.with.join(', ')} `;
  return `${common}SELECT h.shard_id AS held_shard, ${milliseconds('clock_timestamp()')} AS observed_at, ${milliseconds('h.heartbeat_at')} AS heartbeat_at,
  ${walBytes('h.heartbeat_lsn')} AS heartbeat_lsn, ${SHOWN_COLUMNS}, ${besideIt.join('')}${columns.map((column) => `NULL AS ${column}`).join(', ')}
FROM atlas.shard h
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, ${none.join('')}${columns.map((column) => `b.${column}`).join(', ')} FROM (${body}) b${orderBy === undefined ? '' : `\nORDER BY ${orderBy}`}`;
}

/** What a statement found. */
export interface WatermarkedRows<Row extends object> {
  readonly rows: readonly Row[];
  /** The watermark's own row; undefined if the shard has not been set up. */
  readonly own: Row | undefined;
  /** Which shard the server holds; null if it has not received that yet. */
  readonly heldShard: ShardId | null;
  readonly watermark: Watermark;
  /** See shownPosition. */
  readonly shown: bigint | null;
  readonly observedAt: number | null;
}

/** Takes the watermark out of the rows. */
export function takeWatermark<Row extends object>(rows: readonly WatermarkedRow<Row>[]): WatermarkedRows<Row> {
  const found = rows.find((row) => row.observed_at !== null);
  return {
    rows: found === undefined ? rows : rows.filter((row) => row !== found),
    own: found,
    heldShard: found?.held_shard ?? null,
    watermark: {
      heartbeatAt: found?.heartbeat_at ?? null,
      lsn: found === undefined || found.heartbeat_lsn === null ? null : BigInt(found.heartbeat_lsn),
    },
    shown: found === undefined ? null : shownPosition(found),
    observedAt: found?.observed_at ?? null,
  };
}
