import { ATLAS_ROLES } from '../../domain/atlas-role.ts';
import { type Privilege, ROLE_PRIVILEGES } from '../roles/role-privileges.ts';
import type { ServerFacts } from './server-facts.ts';

/** `RETURNING old.…`, which tells an insert from an update, exists since 18. */
export const OLDEST_POSTGRES = 18;

/** What a command does with a server. */
export type Purpose = 'migrate' | 'replicate' | 'serve';

/** The rights of its role. Who migrates owns the tables. */
export const PRIVILEGES: Readonly<Record<Purpose, readonly Privilege[]>> = {
  migrate: [],
  replicate: ROLE_PRIVILEGES.atlas_replicate,
  serve: ROLE_PRIVILEGES.atlas_serve,
};

export interface CheckedServer {
  readonly role: 'primary' | 'replica';
  /** Whether it subscribes to the catalog of the first shard. */
  readonly subscribes: boolean;
}

/** What of a server makes the command impossible: one clause each, that completes "The primary of shard s0 …". */
export function serverFaults(facts: ServerFacts, { role, subscribes }: CheckedServer, purpose: Purpose): string[] {
  if (facts.versionNumber < OLDEST_POSTGRES * 10_000) {
    return [`is PostgreSQL ${facts.version}; Atlas needs ${OLDEST_POSTGRES} or later: upgrade it`];
  }
  if (role === 'replica') return [];
  const faults: string[] = [];
  if (facts.walLevel !== 'logical' && purpose !== 'serve') {
    faults.push(
      `has wal_level = ${facts.walLevel}; change capture needs logical: ALTER SYSTEM SET wal_level = 'logical', then restart it`,
    );
  }
  if (purpose !== 'serve') {
    for (const role of facts.cannotReplicate) {
      faults.push(
        `does not let the role ${role} use replication slots; ALTER ROLE ${role} REPLICATION, as a superuser`,
      );
    }
  }
  if (purpose === 'migrate' && !facts.creates) {
    faults.push(
      `does not let the role ${facts.role} create a schema; GRANT CREATE ON DATABASE to ${facts.role}, as its owner`,
    );
  }
  if (purpose === 'migrate' && subscribes && !facts.subscribes) {
    faults.push(
      `does not let the role ${facts.role} create subscriptions; GRANT pg_create_subscription TO ${facts.role}, as a superuser`,
    );
  }
  if (purpose === 'migrate' && !facts.hasRoles) {
    faults.push(
      `does not let the role ${facts.role} create the roles ${ATLAS_ROLES.join(', ')}; create them there, or ALTER ROLE ${facts.role} CREATEROLE, as a superuser`,
    );
  }
  if (purpose === 'migrate' && !facts.migrates) {
    faults.push(
      `does not let the role ${facts.role} change what belongs to atlas_migrate; GRANT atlas_migrate TO ${facts.role}`,
    );
  }
  if (purpose === 'migrate' && facts.foreignSubscriber !== null) {
    faults.push(
      `has the subscription atlas_catalog, which belongs to ${facts.foreignSubscriber}; migrate as that role, or ALTER SUBSCRIPTION atlas_catalog OWNER TO ${facts.role}`,
    );
  }
  // A member of atlas_migrate lacks nothing.
  if (facts.missing.length > 0 && (purpose !== 'migrate' || facts.migrates)) {
    faults.push(
      `does not give the role ${facts.role} what it needs; run "atlas migrate", or GRANT ${facts.missing.join(', ')} to it`,
    );
  }
  return faults;
}
