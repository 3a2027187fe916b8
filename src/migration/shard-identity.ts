import { DatabaseError } from '../connections/database-error.ts';
import type { PostgresDatabase, PostgresSession } from '../connections/postgres/postgres-database.ts';
import { AtlasError } from '../domain/errors.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { foreignServer } from '../domain/shard.ts';
import { whileMigrating } from './migrate-shard.ts';
import { MigrationError } from './migration-error.ts';
import { migrationsDirectory, readMigrations } from './migration-files.ts';

interface IdentityRow {
  shard_id: ShardId;
  placement: string;
  cluster_id: string;
  /** Highest number of the applied migrations. */
  schema: number;
}

interface KnownShard {
  readonly shard: ShardId;
  readonly cluster: string;
}

export const UNDEFINED_TABLE = '42P01';

/** A newer schema is accepted, because older processes keep running during an upgrade. */
const NEWEST = Math.max(...readMigrations(migrationsDirectory('postgres')).map(({ number }) => number));

/**
 * Checks that every server, primary or replica, belongs to the shard it is configured for, that all shards belong to the same
 * installation, and that they place entities as configured. Servers that do not answer are skipped, as long as one answers.
 * @param placement as returned by describePlacement.
 * @returns the id of the installation, which is the same on all of its shards.
 * @throws MigrationError, or AtlasError SHARD_UNAVAILABLE | TIMEOUT if no server answers.
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

/** Null for a replica that has not received the identity yet. */
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
  throw new MigrationError(`Shard ${server.shard} is not set up; run "atlas migrate".`);
}

function outdated({ shard }: PostgresDatabase, schema: number): MigrationError {
  return new MigrationError(
    `The schema of shard ${shard} is at migration ${schema}; this version of Atlas needs ${NEWEST}; run "atlas migrate".`,
  );
}

export function isOutage(error: unknown): boolean {
  return error instanceof AtlasError && (error.code === 'SHARD_UNAVAILABLE' || error.code === 'TIMEOUT');
}

/** Like verifyShards, but records the identity of a server that does not have one yet. */
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
    throw new MigrationError(foreignServer(shard, role, row.shard_id));
  }
  if (row.placement === placement) return row.cluster_id;
  throw new MigrationError(
    `ATLAS_SHARDS places entities ${placement}, but this installation places them ${row.placement}; list the same shards in the same order.`,
  );
}

function sameCluster(known: readonly KnownShard[]): string {
  const [first] = known;
  if (first === undefined) throw new MigrationError('ATLAS_SHARDS has no shard; expected at least one.');
  const stranger = known.find(({ cluster }) => cluster !== first.cluster);
  if (stranger === undefined) return first.cluster;
  throw new MigrationError(
    `Shard ${stranger.shard} belongs to another installation than shard ${first.shard}; list the shards of one installation only.`,
  );
}
