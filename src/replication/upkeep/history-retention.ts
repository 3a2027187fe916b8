import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Upkeep } from './upkeep.ts';

const DAY_MS = 86_400_000;

/** The months are the partitions. */
const MONTHS = `
SELECT DISTINCT toUInt32(partition) AS month FROM system.parts
WHERE database = currentDatabase() AND table = 'entity_change' AND active`;

/** Of each shard, the history begins after what goes. */
const BEGIN_AFTER = `
INSERT INTO history_start (shard, lsn, at)
SELECT shard, greatest(last_lsn + 1, start.lsn), greatest(last_at, start.at)
FROM (
  SELECT shard, max(lsn) AS last_lsn, max(at) AS last_at FROM entity_change
  WHERE toYYYYMM(fromUnixTimestamp64Milli(at, 'UTC')) = {month:UInt32} GROUP BY shard
) gone
JOIN (SELECT shard, lsn, at FROM history_start FINAL) start USING shard`;

export interface HistoryRetentionOptions {
  readonly clickhouse: ClickHouseDatabase;
  /** How long each change is kept at least. */
  readonly days: number;
  readonly periodMs: number;
  readonly clock: Clock;
}

/** Removes the history of months of which every change is older than the retention. First it is said that it begins later. */
export class HistoryRetention implements Upkeep {
  readonly name = 'retention of the history';
  readonly periodMs: number;
  readonly #options: HistoryRetentionOptions;

  constructor(options: HistoryRetentionOptions) {
    this.periodMs = options.periodMs;
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clickhouse, days, clock } = this.#options;
    const oldest = new Date(clock.now() - days * DAY_MS);
    const firstKept = 100 * oldest.getUTCFullYear() + oldest.getUTCMonth() + 1;
    for (const { month } of await clickhouse.query<{ month: number }>(MONTHS, {}, signal)) {
      if (month >= firstKept) continue;
      await clickhouse.command(BEGIN_AFTER, { month });
      await clickhouse.command(
        'ALTER TABLE entity_change DROP PARTITION {month:UInt32} SETTINGS max_partition_size_to_drop = 0',
        { month },
      );
    }
  }
}
