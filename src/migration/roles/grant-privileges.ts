import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';
import { type Privilege, ROLE_PRIVILEGES } from './role-privileges.ts';

/** Publications keep their owner: change capture recognizes a publication that was changed, whatever was changed in it. */
const HAND_OVER = `
DO $$
DECLARE
  owned record;
BEGIN
  FOR owned IN
    -- The schema first: who is given a table must have the right to make one there. As a name, what a function is called would be cut.
    SELECT 1 AS place, 'SCHEMA' AS kind, nspname::text AS name FROM pg_namespace
    WHERE nspname = 'atlas' AND nspowner <> 'atlas_migrate'::regrole
    UNION ALL
    SELECT 2, 'TABLE', oid::regclass::text FROM pg_class
    WHERE relnamespace = 'atlas'::regnamespace AND relkind IN ('r', 'p') AND relowner <> 'atlas_migrate'::regrole
    UNION ALL
    SELECT 3, 'FUNCTION', oid::regprocedure::text FROM pg_proc
    WHERE pronamespace = 'atlas'::regnamespace AND proowner <> 'atlas_migrate'::regrole
    ORDER BY place, name
  LOOP
    EXECUTE format('ALTER %s %s OWNER TO atlas_migrate', owned.kind, owned.name);
  END LOOP;
END $$`;

/** Gives everything in the schema to `atlas_migrate`, and the other roles exactly the rights that `ROLE_PRIVILEGES` lists. */
export async function grantPrivileges(session: PostgresSession): Promise<void> {
  const statements = Object.entries(ROLE_PRIVILEGES).flatMap(([role, privileges]) => [
    ...['TABLES', 'SEQUENCES'].map((kind) => `REVOKE ALL ON ALL ${kind} IN SCHEMA atlas FROM ${role}`),
    `GRANT USAGE ON SCHEMA atlas TO ${role}`,
    ...privileges.map((privilege) => grantOf(privilege, role)),
  ]);
  for (const text of [HAND_OVER, ...statements]) await session.query({ text, values: [] });
}

function grantOf({ on, name, privileges, columns }: Privilege, role: string): string {
  const part = columns === undefined ? '' : ` (${columns.join(', ')})`;
  return `GRANT ${privileges.map((one) => `${one}${part}`).join(', ')} ON ${on} atlas.${name} TO ${role}`;
}
