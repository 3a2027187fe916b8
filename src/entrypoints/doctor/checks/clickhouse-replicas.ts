import type { ClickHouseDatabase } from '../../../connections/clickhouse/clickhouse-database.ts';
import { checkCluster } from '../../../migration/clickhouse-cluster.ts';
import { isReplicated } from '../../../migration/is-replicated.ts';
import { MigrationError } from '../../../migration/migration-error.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import type { Check } from '../patient.ts';

const REPLICAS = `
SELECT table, is_readonly, lost_part_count AS lost, total_replicas AS total, active_replicas AS active
FROM system.replicas WHERE database = currentDatabase() ORDER BY table`;

interface ReplicaRow {
  readonly table: string;
  readonly is_readonly: number;
  readonly lost: string;
  readonly total: number;
  readonly active: number;
}

/** Whether replicated tables of ClickHouse can be written and read on the server that answers. Nothing if it is a single server. */
export const clickhouseReplicas: Check = {
  title: 'ClickHouse replicas',
  async examine({ clickhouse, settings }) {
    if (clickhouse === null) return [];
    const cluster = settings.ATLAS_CLICKHOUSE_CLUSTER;
    if (cluster !== undefined) {
      try {
        await checkCluster(clickhouse, cluster);
      } catch (error) {
        if (error instanceof MigrationError) return [fail(error.message)];
        throw error;
      }
    }
    return (await isReplicated(clickhouse)) ? judged(clickhouse) : [];
  },
};

async function judged(clickhouse: ClickHouseDatabase): Promise<Finding[]> {
  const rows = await clickhouse.query<ReplicaRow>(REPLICAS);
  if (rows.length === 0) return [];
  const readOnly = rows.filter((row) => row.is_readonly === 1).map(({ table }) => table);
  if (readOnly.length > 0) {
    return [
      fail(
        `ClickHouse does not reach Keeper, or is not part of its cluster: it can neither write nor vouch for ${readOnly.join(', ')}; read its log.`,
      ),
    ];
  }
  const found = [members(rows)];
  const lost = rows.filter((row) => row.lost !== '0').map(({ table }) => table);
  if (lost.length > 0) {
    found.push(
      warn(
        `Since they were made, parts of ${lost.join(', ')} were lost on all servers of ClickHouse; unless the shards have been copied since, run "atlas resync".`,
      ),
    );
  }
  return found;
}

function members(rows: readonly ReplicaRow[]): Finding {
  const total = Math.max(...rows.map((row) => row.total));
  const active = Math.min(...rows.map((row) => row.active));
  const needed = Math.floor(total / 2) + 1;
  const message = `Of ${total} servers of ClickHouse that hold the tables, ${active} are active`;
  if (active < needed)
    return fail(`${message}, but writes need ${needed}: start the others, or drop them (SYSTEM DROP REPLICA).`);
  if (active < total || total === 1) return warn(`${message}; writes need ${needed}.`);
  return ok(`${message}.`);
}
