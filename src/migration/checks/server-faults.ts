import type { ServerFacts } from './server-facts.ts';

/** `RETURNING old.…`, which tells an insert from an update, exists since 18. */
export const OLDEST_POSTGRES = 18;

/** What a command does with a server. */
export type Purpose = 'migrate' | 'replicate' | 'serve';

/** Privileges by table of the schema atlas. */
export const PRIVILEGES: Readonly<Record<Purpose, Readonly<Record<string, readonly string[]>>>> = {
  // Who migrates owns the tables.
  migrate: {},
  replicate: {
    entity: ['SELECT'],
    // Compared with ClickHouse.
    entity_attribute: ['SELECT'],
    attribute_definition: ['SELECT'],
    shard: ['SELECT', 'UPDATE'],
  },
  serve: {
    entity: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    entity_attribute: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    attribute_definition: ['SELECT'],
    signing_key: ['SELECT'],
    shard: ['SELECT', 'UPDATE'],
  },
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
  if (!facts.replicates && purpose !== 'serve') {
    faults.push(
      `does not let the role ${facts.role} use replication slots; ALTER ROLE ${facts.role} REPLICATION, as a superuser`,
    );
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
  if (facts.missing.length > 0) {
    faults.push(`does not give the role ${facts.role} what it needs; GRANT ${facts.missing.join(', ')} to it`);
  }
  return faults;
}
