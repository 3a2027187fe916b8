import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';

/** What a server and its role must offer. Everything is readable on every version, by any role. */
export interface ServerFacts {
  /** `180004` for 18.4. */
  readonly versionNumber: number;
  readonly version: string;
  readonly walLevel: string;
  readonly role: string;
  /** Whether the role may use replication slots. */
  readonly replicates: boolean;
  /** Whether the role may create a schema and publications. */
  readonly creates: boolean;
  /** Whether the role may create subscriptions. */
  readonly subscribes: boolean;
  /** In megabytes; -1: unlimited. */
  readonly maxSlotWalMb: number;
  /** Rights that the role lacks on what exists of the schema atlas, as `UPDATE ON atlas.shard`. */
  readonly missing: readonly string[];
}

/** Managed Postgres gives the right to replicate as a role of this name. */
const REPLICATION_ROLE = 'rds_replication';

const FACTS = `
WITH me AS (SELECT oid, rolname, rolsuper, rolreplication FROM pg_roles WHERE rolname = current_user)
SELECT current_setting('server_version_num')::integer AS version_number, current_setting('server_version') AS version,
       current_setting('wal_level') AS wal_level, me.rolname AS role,
       me.rolsuper OR me.rolreplication
         OR EXISTS (SELECT FROM pg_roles r WHERE r.rolname = $1 AND pg_has_role(me.oid, r.oid, 'MEMBER')) AS replicates,
       has_database_privilege(current_database(), 'CREATE') AS creates,
       me.rolsuper
         OR EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'pg_create_subscription' AND pg_has_role(me.oid, r.oid, 'MEMBER')) AS subscribes,
       coalesce((SELECT setting::integer FROM pg_settings WHERE name = 'max_slot_wal_keep_size'), -1) AS max_slot_wal_mb
FROM me`;

const MISSING = `
SELECT needed.privilege || ' ON atlas.' || c.relname AS missing
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN unnest($1::text[], $2::text[]) AS needed (relation, privilege) ON needed.relation = c.relname
WHERE n.nspname = 'atlas' AND NOT has_table_privilege(c.oid, needed.privilege)
UNION ALL
SELECT 'USAGE ON SCHEMA atlas' FROM pg_namespace n WHERE n.nspname = 'atlas' AND NOT has_schema_privilege(n.oid, 'USAGE')
ORDER BY missing`;

/** @param needed privileges by table of the schema atlas. */
export async function readServerFacts(
  server: PostgresSession,
  needed: Readonly<Record<string, readonly string[]>>,
): Promise<ServerFacts> {
  const [row] = await server.query<{
    version_number: number;
    version: string;
    wal_level: string;
    role: string;
    replicates: boolean;
    creates: boolean;
    subscribes: boolean;
    max_slot_wal_mb: number;
  }>({ text: FACTS, values: [REPLICATION_ROLE] });
  if (row === undefined) throw new Error('The server returned no row about its role');
  const pairs = Object.entries(needed).flatMap(([table, privileges]) => privileges.map((one) => [table, one]));
  const missing = await server.query<{ missing: string }>({
    text: MISSING,
    values: [pairs.map(([table]) => table), pairs.map(([, privilege]) => privilege)],
  });
  return {
    versionNumber: row.version_number,
    version: row.version,
    walLevel: row.wal_level,
    role: row.role,
    replicates: row.replicates,
    creates: row.creates,
    subscribes: row.subscribes,
    maxSlotWalMb: row.max_slot_wal_mb,
    missing: missing.map(({ missing: right }) => right),
  };
}
