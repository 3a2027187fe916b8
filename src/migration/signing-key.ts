import { createSecretKey, type KeyObject } from 'node:crypto';
import { DatabaseError } from '../connections/database-error.ts';
import type { PostgresDatabase, PostgresSession } from '../connections/postgres/postgres-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { whileMigrating } from './migrate-shard.ts';
import { MigrationError } from './migration-error.ts';
import { isOutage, UNDEFINED_TABLE } from './shard-identity.ts';

/** A shard and its key. The key is never part of a message: a KeyObject does not print it. */
interface HeldKey {
  readonly shard: ShardId;
  readonly key: KeyObject;
}

/**
 * Gives every shard the installation's signing key: the one that a shard already has, or a new one, made by the database of the
 * first shard.
 * @throws MigrationError if two shards have different keys; none is changed.
 */
export async function assignSigningKey(shards: readonly PostgresDatabase[]): Promise<void> {
  const held = await Promise.all(shards.map((shard) => heldKey(shard, shard)));
  let known = sameKey(held);
  for (const shard of shards) {
    const own = await whileMigrating(shard, async (session) => {
      await session.query({
        text: `INSERT INTO atlas.signing_key (key)
          VALUES (coalesce($1::bytea, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))) ON CONFLICT DO NOTHING`,
        values: [known?.export() ?? null],
      });
      return heldKey(shard, session);
    });
    known = sameKey([known === null ? null : { shard: shards[0]?.shard ?? '', key: known }, own]);
  }
}

/**
 * The key that signs this installation's tokens and cursors. Servers that do not answer, and replicas that have not received the key
 * yet, are skipped.
 * @param servers primaries and replicas that `verifyShards` accepts.
 * @throws MigrationError if two shards have different keys, or if no server has one.
 */
export async function readSigningKey(servers: readonly PostgresDatabase[]): Promise<KeyObject> {
  const held = await Promise.all(
    servers.map((server) =>
      heldKey(server, server).catch((error: unknown) => {
        if (!isOutage(error)) throw error;
        return null;
      }),
    ),
  );
  const key = sameKey(held);
  if (key === null) throw new MigrationError('No server that answers has the signing key; run "atlas migrate".');
  return key;
}

/** Null if the server has none yet. */
async function heldKey({ shard }: PostgresDatabase, session: PostgresSession): Promise<HeldKey | null> {
  const read = session.query<{ key: Buffer }>({ text: 'SELECT key FROM atlas.signing_key', values: [] });
  const [row] = await read.catch((error: unknown) => {
    if (error instanceof DatabaseError && error.sqlState === UNDEFINED_TABLE) return [];
    throw error;
  });
  return row === undefined ? null : { shard, key: createSecretKey(row.key) };
}

/** Null if there is none. */
function sameKey(held: readonly (HeldKey | null)[]): KeyObject | null {
  const [first, ...others] = held.filter((one) => one !== null);
  const different = others.find(({ key }) => first !== undefined && !key.equals(first.key));
  if (first === undefined || different === undefined) return first?.key ?? null;
  throw new MigrationError(
    `Shard ${different.shard} has another signing key than shard ${first.shard}; to use that of shard ${first.shard}, ` +
      `delete the row of atlas.signing_key on shard ${different.shard} and run "atlas migrate".`,
  );
}
