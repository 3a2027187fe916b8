import { checkClickHouse } from '../../../migration/checks/check-clickhouse.ts';
import { readServerFacts } from '../../../migration/checks/server-facts.ts';
import { OLDEST_POSTGRES } from '../../../migration/checks/server-faults.ts';
import { MigrationError } from '../../../migration/migration-error.ts';
import { createLogger } from '../../../observability/logger.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import type { Check, ExaminedServer } from '../patient.ts';

/** Whether the servers are recent enough, and set up for change capture. */
export const versions: Check = {
  title: 'versions',
  async examine({ servers, clickhouse, settings }) {
    const found = (await Promise.all(servers.map(postgres))).flat();
    if (clickhouse === null) return found;
    try {
      await checkClickHouse(clickhouse, settings.ATLAS_CLICKHOUSE_URL ?? '', true, createLogger('silent'));
      const [row] = await clickhouse.query<{ version: string }>('SELECT version() AS version');
      return [...found, ok(`ClickHouse is version ${row?.version}.`)];
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error;
      return [...found, fail(error.message)];
    }
  },
};

async function postgres({ name, database }: ExaminedServer): Promise<Finding[]> {
  const { versionNumber, version, walLevel, maxSlotWalMb } = await readServerFacts(database, []);
  if (versionNumber < OLDEST_POSTGRES * 10_000) {
    return [fail(`The ${name} is PostgreSQL ${version}; Atlas needs ${OLDEST_POSTGRES} or later: upgrade it.`)];
  }
  const found = [ok(`The ${name} is PostgreSQL ${version}.`)];
  if (database.role === 'replica') return found;
  if (walLevel !== 'logical') {
    found.push(
      fail(
        `The ${name} has wal_level = ${walLevel}; change capture needs logical: ALTER SYSTEM SET wal_level = 'logical', then restart it.`,
      ),
    );
  }
  if (maxSlotWalMb < 0) {
    found.push(
      warn(
        `The ${name} has no max_slot_wal_keep_size: while change capture is stopped, WAL can fill its disk; set a limit of at most half of the free space.`,
      ),
    );
  }
  return found;
}
