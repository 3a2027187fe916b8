import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Upkeep } from './upkeep.ts';

const DAY_MS = 86_400_000;

/** The months are the partitions. */
const MONTHS = `
SELECT DISTINCT toUInt32(partition) AS month FROM system.parts
WHERE database = currentDatabase() AND table = 'audit' AND active`;

export interface AuditRetentionOptions {
  readonly primary: PostgresSession;
  readonly clickhouse: ClickHouseDatabase;
  /** How long each row is kept at least. */
  readonly days: number;
  readonly periodMs: number;
  readonly clock: Clock;
}

/**
 * Removes the audit of months of which every row is older than the retention, on the shard and in ClickHouse, and makes the shard's
 * partitions of the months to come.
 */
export class AuditRetention implements Upkeep {
  readonly name = 'retention of the audit';
  readonly periodMs: number;
  readonly #options: AuditRetentionOptions;

  constructor(options: AuditRetentionOptions) {
    this.periodMs = options.periodMs;
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { primary, clickhouse, days, clock } = this.#options;
    await primary.query({ text: 'SELECT atlas.keep_audit($1)', values: [days] }, signal);
    const oldest = new Date(clock.now() - days * DAY_MS);
    const firstKept = 100 * oldest.getUTCFullYear() + oldest.getUTCMonth() + 1;
    for (const { month } of await clickhouse.query<{ month: number }>(MONTHS, {}, signal)) {
      if (month < firstKept)
        await clickhouse.command(
          'ALTER TABLE audit DROP PARTITION {month:UInt32} SETTINGS max_partition_size_to_drop = 0',
          { month },
        );
    }
  }
}
