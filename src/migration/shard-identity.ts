import { DatabaseError } from '../connections/database-error.ts';
import type { PostgresDatabase, PostgresSession } from '../connections/postgres/postgres-database.ts';
import { AtlasError } from '../domain/errors.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { whileMigrating } from './migrate-shard.ts';
import { MigrationError } from './migration-error.ts';
import { migrationsDirectory, readMigrations } from './migration-files.ts';

interface IdentityRow {
  shard_id: ShardId;
  placement: string;
  cluster_id: string;
  /** The highest number of the migrations that were applied. */
  schema: number;
}

interface KnownShard {
  readonly shard: ShardId;
  readonly cluster: string;
}

const UNDEFINED_TABLE = '42P01';

/** A newer schema is none of our business: while versions change, older processes work on it. */
const NEWEST = Math.max(...readMigrations(migrationsDirectory('postgres')).map(({ number }) => number));

/**
 * Checks that every server, primary or replica, belongs to the shard that the configuration puts it in, and that all
 * shards belong together and place entities as configured. A server that does not answer is passed over, as long as another one does.
 * @param placement as describePlacement gives it.
 * @returns the id of the installation: the same on all its shards.
 * @throws MigrationError, or AtlasError SHARD_UNAVAILABLE | TIMEOUT where no server answers.
 */
export async function verifyShards(servers: readonly PostgresDatabase[], placement: string): Promise<string> {
  let outage: unknown = null;
  const clusters = await Promise.all(
    servers.map((server) =>
      clusterOf(server, placement).catch((error: unknown) => {
        if (!isOutage(error)) throw error;
        outage ??= error;
        return null;
      }),
    ),
  );
  const known = servers.flatMap(({ shard }, index) => {
    const cluster = clusters[index];
    return typeof cluster === 'string' ? [{ shard, cluster }] : [];
  });
  if (known.length === 0 && outage !== null) throw outage;
  return sameCluster(known);
}

/** Null: a replica that has not received it yet. */
async function clusterOf(server: PostgresDatabase, placement: string): Promise<string | null> {
  const [row] = await readIdentity(server).catch((error: unknown) => {
    if (error instanceof DatabaseError && error.sqlState === UNDEFINED_TABLE) return [];
    throw error;
  });
  if (row !== undefined) {
    if (row.schema < NEWEST && server.role === 'primary') throw outdated(server, row.schema);
    return checked(server, placement, row);
  }
  if (server.role === 'replica') return null;
  throw new MigrationError(`Shard ${server.shard} is not set up: run "atlas migrate".`);
}

function outdated({ shard }: PostgresDatabase, schema: number): MigrationError {
  return new MigrationError(
    `The schema of shard ${shard} is at migration ${schema}, and this version of Atlas needs ${NEWEST}: run "atlas migrate".`,
  );
}

function isOutage(error: unknown): boolean {
  return error instanceof AtlasError && (error.code === 'SHARD_UNAVAILABLE' || error.code === 'TIMEOUT');
}

/** The same, but a server that is no shard yet becomes one. */
export async function assignShards(shards: readonly PostgresDatabase[], placement: string): Promise<string> {
  const known: KnownShard[] = [];
  for (const database of shards) {
    known.push({ shard: database.shard, cluster: await assign(database, placement, known[0]?.cluster ?? null) });
  }
  return sameCluster(known);
}

function assign(database: PostgresDatabase, placement: string, cluster: string | null): Promise<string> {
  return whileMigrating(database, async (session) => {
    await session.query({
      text: `INSERT INTO atlas.shard (shard_id, placement, cluster_id) VALUES ($1, $2, coalesce($3::uuid, gen_random_uuid()))
        ON CONFLICT DO NOTHING`,
      values: [database.shard, placement, cluster],
    });
    const [row] = await readIdentity(session);
    if (row === undefined) throw new MigrationError(`Shard ${database.shard} has no row in atlas.shard.`);
    return checked(database, placement, row);
  });
}

function readIdentity(session: PostgresSession): Promise<IdentityRow[]> {
  return session.query<IdentityRow>({
    text: `SELECT shard_id, placement, cluster_id, (SELECT max(number) FROM atlas.schema_migration) AS schema
      FROM atlas.shard`,
    values: [],
  });
}

function checked({ shard, role }: PostgresDatabase, placement: string, row: IdentityRow): string {
  if (row.shard_id !== shard) {
    throw new MigrationError(
      `ATLAS_SHARDS says ${shard}, but that server is ${row.shard_id}: correct the URL of ${shard}'s ${role}.`,
    );
  }
  if (row.placement === placement) return row.cluster_id;
  throw new MigrationError(
    `ATLAS_SHARDS places entities ${placement}, but those of this installation are placed ${row.placement}: name the same shards in the same order.`,
  );
}

function sameCluster(known: readonly KnownShard[]): string {
  const [first] = known;
  if (first === undefined) throw new MigrationError('ATLAS_SHARDS names no shard: it needs one at least.');
  const stranger = known.find(({ cluster }) => cluster !== first.cluster);
  if (stranger === undefined) return first.cluster;
  throw new MigrationError(
    `Shard ${stranger.shard} belongs to another installation than ${first.shard}: name the shards of one only.`,
  );
}
