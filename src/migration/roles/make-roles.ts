import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';
import { ATLAS_ROLES } from '../../domain/atlas-role.ts';

/**
 * Makes the roles that do not exist. They cannot log in. Roles belong to the whole server, where other databases may be migrated at
 * the same time: who comes second finds the role made.
 */
export async function makeRoles(session: PostgresSession): Promise<void> {
  await session.query({
    text: `
DO $$
DECLARE
  made text;
  is_superuser boolean;
  may_replicate boolean;
BEGIN
  SELECT rolsuper, rolsuper OR rolreplication INTO is_superuser, may_replicate FROM pg_roles WHERE rolname = current_user;
  FOREACH made IN ARRAY ARRAY['${ATLAS_ROLES.join("', '")}'] LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = made);
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN %s', made,
        CASE WHEN made = 'atlas_replicate' AND may_replicate THEN 'REPLICATION' ELSE '' END);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END LOOP;
  -- Who is no superuser owns the tables as a member.
  IF NOT is_superuser AND NOT pg_has_role(current_user, 'atlas_migrate', 'SET') THEN
    EXECUTE format('GRANT atlas_migrate TO %I', current_user);
  END IF;
END $$`,
    values: [],
  });
}
