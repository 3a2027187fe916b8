import type { PostgresDatabase, PostgresSession } from '../connections/postgres-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { whileMigrating } from './migrate-shard.ts';
import { MigrationError } from './migration-error.ts';

interface IdentityRow {
  shard_id: ShardId;
  cluster_id: string;
}

/**
 * Checks that every server is the shard that the configuration calls it, and that all belong together.
 * @returns the id of the installation: the same on all its shards.
 * @throws MigrationError
 */
export async function verifyShards(shards: readonly PostgresDatabase[]): Promise<string> {
  const clusters = await Promise.all(
    shards.map(async (database) => {
      const [row] = await readIdentity(database);
      if (row === undefined) throw new MigrationError(`Shard ${database.shard} is not set up: run "atlas migrate".`);
      return checked(database.shard, row);
    }),
  );
  return sameCluster(shards, clusters);
}

/** The same, but a server that is no shard yet becomes one. */
export async function assignShards(shards: readonly PostgresDatabase[]): Promise<string> {
  const clusters: string[] = [];
  for (const database of shards) clusters.push(await assign(database, clusters[0] ?? null));
  return sameCluster(shards, clusters);
}

function assign(database: PostgresDatabase, cluster: string | null): Promise<string> {
  return whileMigrating(database, async (session) => {
    await session.query({
      text: `INSERT INTO atlas.shard (shard_id, cluster_id) VALUES ($1, coalesce($2::uuid, gen_random_uuid()))
        ON CONFLICT DO NOTHING`,
      values: [database.shard, cluster],
    });
    const [row] = await readIdentity(session);
    if (row === undefined) throw new MigrationError(`Shard ${database.shard} has no row in atlas.shard.`);
    return checked(database.shard, row);
  });
}

function readIdentity(session: PostgresSession): Promise<IdentityRow[]> {
  return session.query<IdentityRow>({ text: 'SELECT shard_id, cluster_id FROM atlas.shard', values: [] });
}

function checked(shard: ShardId, row: IdentityRow): string {
  if (row.shard_id === shard) return row.cluster_id;
  throw new MigrationError(
    `ATLAS_SHARDS says ${shard}, but that server is ${row.shard_id}: correct the URL of ${shard}'s primary.`,
  );
}

function sameCluster(shards: readonly PostgresDatabase[], clusters: readonly string[]): string {
  const [home] = clusters;
  const stranger = shards[clusters.findIndex((cluster) => cluster !== home)];
  if (home === undefined) throw new MigrationError('ATLAS_SHARDS names no shard: it needs one at least.');
  if (stranger === undefined) return home;
  throw new MigrationError(
    `Shard ${stranger.shard} belongs to another installation than ${shards[0]?.shard}: name the shards of one only.`,
  );
}
