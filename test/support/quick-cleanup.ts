import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';

/**
 * Makes ClickHouse delete the files of replaced parts after a second instead of minutes. The tables are attached anew, because the
 * first cleanup of a table keeps to the settings that it was attached with.
 */
export async function cleanUpQuickly(clickhouse: ClickHouseDatabase): Promise<void> {
  for (const table of ['entity', 'entity_attribute', 'entity_change']) {
    await clickhouse.command(
      `ALTER TABLE ${table} MODIFY SETTING old_parts_lifetime = 1, cleanup_delay_period = 1, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 1`,
    );
    await clickhouse.command(`DETACH TABLE ${table} SYNC`);
    await clickhouse.command(`ATTACH TABLE ${table}`);
  }
}
