import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';
import { IS_OWN_DATABASE } from '../../watermarks/clickhouse-installation.ts';

const TABLES = [
  {
    name: 'attribute_definition',
    rows: `SELECT attribute_id, tenant_id, key, type, description, entity_types, filterable, exposed, hot_column IS NOT NULL AS hot,
      retired_at IS NOT NULL AS retired, storage ? 'deleted' AS deleted, access ? 'read' AS restricted, revision FROM atlas.attribute_definition`,
  },
  { name: 'entity_type', rows: 'SELECT tenant_id, type, description, revision FROM atlas.entity_type' },
] as const;

/** Every change of the catalog gives a row the greatest revision, or removes one. */
interface State {
  readonly rows: string;
  readonly revision: string;
}

/**
 * Makes the catalog in ClickHouse that of the shard, unless it is already. Interrupted, it is repeated as a whole.
 * @param home the shard with the catalog.
 */
export async function copyCatalog(
  home: PostgresSession,
  clickhouse: ClickHouseDatabase,
  signal: AbortSignal,
): Promise<void> {
  for (const { name, rows } of TABLES) {
    const [stored] = await home.query<State>(
      { text: `SELECT count(*) AS rows, coalesce(max(revision), 0) AS revision FROM atlas.${name}`, values: [] },
      signal,
    );
    const [copied] = await clickhouse.query<State & { readonly generation: string }>(
      `SELECT count() AS rows, max(revision) AS revision, max(generation) AS generation FROM ${name} FINAL WHERE ${IS_OWN_DATABASE}`,
      {},
      signal,
    );
    if (stored === undefined || copied === undefined) throw new Error('The state of the catalog was not read');
    if (stored.rows === copied.rows && stored.revision === copied.revision) continue;
    const generation = String(BigInt(copied.generation) + 1n);
    const read = await home.query<object>({ text: rows, values: [] }, signal);
    if (read.length > 0)
      await clickhouse.insert(
        name,
        read.map((row) => ({ ...row, generation })),
      );
    const removal = `ALTER TABLE ${name} DELETE WHERE generation < {generation:UInt64} SETTINGS mutations_sync = 2`;
    await clickhouse.command(removal, { generation });
  }
}
