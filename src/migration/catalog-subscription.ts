import type { PostgresDatabase, PostgresSession } from '../connections/postgres/postgres-database.ts';
import { catalogSlot } from '../domain/shard.ts';
import { executeWithLiteral } from './execute-with-literal.ts';
import { whileMigrating } from './migrate-shard.ts';
import { MigrationError } from './migration-error.ts';

const SUBSCRIPTION = 'atlas_catalog';
/** Creating a slot waits for the transactions that run on the home; subscribing connects to it. */
const DEADLINE = "SET LOCAL statement_timeout = '30s'";

/** @throws MigrationError if this shard receives the catalog from another one, and so cannot be its home. */
export async function refuseSubscribedHome(home: PostgresDatabase): Promise<void> {
  if (!(await isSubscribed(home))) return;
  throw new MigrationError(
    `Shard ${home.shard} cannot be the first of ATLAS_SHARDS, the catalog's home, because it receives the catalog from another shard; keep the order of the shards.`,
  );
}

/** The newest of the tables of the catalog. */
const NEWEST_TABLE = 'atlas.entity_type';

/**
 * Makes `shard` receive the catalog from `home`, for good. Idempotent. `homeUrl` is how the shard's server
 * reaches the home. If the home has no usable slot, the shard's copy is made again.
 */
export async function subscribeToCatalog(
  home: PostgresDatabase,
  homeUrl: string,
  shard: PostgresDatabase,
): Promise<void> {
  const slot = catalogSlot(shard.shard);
  await whileMigrating(shard, async (session) => {
    await session.query({ text: DEADLINE, values: [] });
    const subscribed = await isSubscribed(session);
    if (subscribed && (await hasUsableSlot(home, slot))) {
      await executeWithLiteral(session, `ALTER SUBSCRIPTION ${SUBSCRIPTION} CONNECTION %L`, homeUrl);
      return;
    }
    // The slot exists before the copy is taken, so that no change falls between copy and stream; and before this
    // transaction writes, since making it waits for writing transactions of the whole server.
    await makeSlot(home, slot);
    if (subscribed) await unsubscribe(session);
    await session.query({ text: 'TRUNCATE atlas.attribute_definition, atlas.entity_type', values: [] });
    await executeWithLiteral(
      session,
      `CREATE SUBSCRIPTION ${SUBSCRIPTION} CONNECTION %L PUBLICATION ${SUBSCRIPTION}
        WITH (create_slot = false, slot_name = '${slot}')`,
      homeUrl,
    );
  });
  await receiveAllTables(shard);
}

/** A subscription ignores tables that were published after it was made, until it is told. That cannot be in a transaction. */
async function receiveAllTables(shard: PostgresDatabase): Promise<void> {
  const known = `SELECT FROM pg_subscription_rel WHERE srrelid = '${NEWEST_TABLE}'::regclass`;
  if ((await shard.query({ text: known, values: [] })).length > 0) return;
  await shard.query({ text: `ALTER SUBSCRIPTION ${SUBSCRIPTION} REFRESH PUBLICATION`, values: [] });
}

async function isSubscribed(session: PostgresSession): Promise<boolean> {
  const rows = await session.query({
    text: `SELECT FROM pg_subscription WHERE subname = $1
      AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    values: [SUBSCRIPTION],
  });
  return rows.length > 0;
}

async function hasUsableSlot(home: PostgresDatabase, slot: string): Promise<boolean> {
  const rows = await home.query({
    text: `SELECT FROM pg_replication_slots
      WHERE slot_name = $1 AND database = current_database() AND wal_status <> 'lost'`,
    values: [slot],
  });
  return rows.length > 0;
}

async function makeSlot(home: PostgresDatabase, slot: string): Promise<void> {
  await home.query({
    text: 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1',
    values: [slot],
  });
  await home.transaction(async (session) => {
    await session.query({ text: DEADLINE, values: [] });
    await session.query({ text: "SELECT pg_create_logical_replication_slot($1, 'pgoutput')", values: [slot] });
  });
}

async function unsubscribe(session: PostgresSession): Promise<void> {
  for (const change of ['DISABLE', 'SET (slot_name = NONE)']) {
    await session.query({ text: `ALTER SUBSCRIPTION ${SUBSCRIPTION} ${change}`, values: [] });
  }
  await session.query({ text: `DROP SUBSCRIPTION ${SUBSCRIPTION}`, values: [] });
}
