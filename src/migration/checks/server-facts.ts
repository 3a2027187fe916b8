import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';
import { ATLAS_ROLES } from '../../domain/atlas-role.ts';
import type { Privilege } from '../roles/role-privileges.ts';

/** What a server and its role must offer. Everything is readable on every version, by any role. */
export interface ServerFacts {
  /** `180004` for 18.4. */
  readonly versionNumber: number;
  readonly version: string;
  readonly walLevel: string;
  /** Whose rights the statements have. */
  readonly role: string;
  /** Who has connected: the role in the URL. */
  readonly login: string;
  /** Which of the two may not use replication slots. */
  readonly cannotReplicate: readonly string[];
  /** Whether the role may create a schema and publications. */
  readonly creates: boolean;
  /** Whether the role may create subscriptions. */
  readonly subscribes: boolean;
  /** Whether all roles of Atlas exist, or the role may create them. */
  readonly hasRoles: boolean;
  /** Whether the role is a member of `atlas_migrate`, can become one, or there is none yet. */
  readonly migrates: boolean;
  /** The owner of the subscription to the catalog, if the role must not change it; otherwise null. */
  readonly foreignSubscriber: string | null;
  /** In megabytes; -1: unlimited. */
  readonly maxSlotWalMb: number;
  /** Rights that the role lacks on what exists of the schema atlas, as `UPDATE ON atlas.shard`. */
  readonly missing: readonly string[];
}

/** Managed Postgres gives the right to replicate as a role of this name. */
const REPLICATION_ROLE = 'rds_replication';

const FACTS = `
WITH me AS (SELECT oid, rolname, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user)
SELECT current_setting('server_version_num')::integer AS "versionNumber", current_setting('server_version') AS version,
       current_setting('wal_level') AS "walLevel", me.rolname::text AS role, session_user::text AS login,
       ARRAY(SELECT r.rolname::text FROM pg_roles r
             WHERE r.rolname IN (current_user, session_user) AND NOT (r.rolsuper OR r.rolreplication)
               AND NOT EXISTS (SELECT FROM pg_roles g WHERE g.rolname = $1 AND pg_has_role(r.oid, g.oid, 'MEMBER'))
             ORDER BY r.rolname) AS "cannotReplicate",
       has_database_privilege(current_database(), 'CREATE') AS creates,
       me.rolsuper
         OR EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'pg_create_subscription' AND pg_has_role(me.oid, r.oid, 'MEMBER')) AS subscribes,
       me.rolsuper OR me.rolcreaterole OR (SELECT count(*) FROM pg_roles r WHERE r.rolname = ANY($2)) = cardinality($2) AS "hasRoles",
       NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'atlas_migrate'
         AND NOT pg_has_role(me.oid, r.oid, CASE WHEN current_setting('server_version_num')::integer < 160000 THEN 'MEMBER' ELSE 'SET' END)
         AND NOT pg_has_role(me.oid, r.oid, 'MEMBER WITH ADMIN OPTION')) AS migrates,
       (SELECT o.rolname::text FROM pg_subscription s JOIN pg_roles o ON o.oid = s.subowner
        WHERE s.subname = 'atlas_catalog' AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND NOT pg_has_role(me.oid, o.oid, 'MEMBER')) AS "foreignSubscriber",
       coalesce((SELECT setting::integer FROM pg_settings WHERE name = 'max_slot_wal_keep_size'), -1) AS "maxSlotWalMb"
FROM me`;

/** What does not exist is not missing: that is a migration to be applied. */
const MISSING = `
WITH needed AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS needed (kind text, name text, privilege text, part text)
)
SELECT n.privilege || coalesce(' (' || n.part || ')', '') || ' ON atlas.' || n.name AS missing
FROM needed n JOIN pg_class c ON c.relname = n.name AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'atlas')
WHERE n.kind = 'table' AND NOT CASE WHEN n.part IS NULL THEN has_table_privilege(c.oid, n.privilege)
                                    ELSE has_column_privilege(c.oid, n.part, n.privilege) END
   OR n.kind = 'sequence' AND NOT has_sequence_privilege(c.oid, n.privilege)
UNION ALL
SELECT n.privilege || ' ON FUNCTION atlas.' || n.name
FROM needed n JOIN pg_proc p ON p.proname = split_part(n.name, '(', 1)
                            AND p.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'atlas')
WHERE n.kind = 'function' AND NOT has_function_privilege(p.oid, n.privilege)
UNION ALL
SELECT 'USAGE ON SCHEMA atlas' FROM pg_namespace n WHERE n.nspname = 'atlas' AND NOT has_schema_privilege(n.oid, 'USAGE')
ORDER BY missing`;

/** @param needed of its role. */
export async function readServerFacts(server: PostgresSession, needed: readonly Privilege[]): Promise<ServerFacts> {
  const [facts] = await server.query<Omit<ServerFacts, 'missing'>>({
    text: FACTS,
    values: [REPLICATION_ROLE, ATLAS_ROLES],
  });
  if (facts === undefined) throw new Error('The server returned no row about its role');
  const rights = needed.flatMap(({ on: kind, name, privileges, columns = [null] }) =>
    privileges.flatMap((privilege) => columns.map((part) => ({ kind, name, privilege, part }))),
  );
  const missing = await server.query<{ missing: string }>({ text: MISSING, values: [JSON.stringify(rights)] });
  return { ...facts, missing: missing.map(({ missing: right }) => right) };
}
