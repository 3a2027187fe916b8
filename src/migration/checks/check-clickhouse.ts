import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import { explainClickHouseFailure } from '../../connections/clickhouse/explain-clickhouse-failure.ts';
import type { Logger } from '../../observability/logger.ts';
import { MigrationError } from '../migration-error.ts';

/** Reads rely on it: without it, one statement could see several states of a table. */
const NEEDED_SETTING = 'enable_shared_storage_snapshot_in_query';
const OLDEST_CLICKHOUSE = '26.7';

/**
 * Checks that ClickHouse can be used: connection, password, database, TLS, version.
 * @param needed whether it must answer now; otherwise the process may start without it, since it may come back.
 * @throws MigrationError with a sentence that says what would be right.
 */
export async function checkClickHouse(
  clickhouse: ClickHouseDatabase,
  url: string,
  needed: boolean,
  logger: Logger,
): Promise<void> {
  let found: { version: string; known: boolean } | undefined;
  try {
    [found] = await clickhouse.query<{ version: string; known: boolean }>(
      'SELECT version() AS version, count() > 0 AS known FROM system.settings WHERE name = {setting:String}',
      { setting: NEEDED_SETTING },
    );
  } catch (error) {
    const { message, mayPass } = explainClickHouseFailure(error, url);
    if (needed || !mayPass) throw new MigrationError(message);
    logger.warn({ reason: message }, 'starting without a server that does not answer');
    return;
  }
  if (found === undefined || found.known) return;
  throw new MigrationError(
    `ClickHouse is version ${found.version}, which lacks the setting ${NEEDED_SETTING}; Atlas needs ${OLDEST_CLICKHOUSE} or later: upgrade it.`,
  );
}
