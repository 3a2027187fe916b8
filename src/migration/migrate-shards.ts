import type { PostgresDatabase } from '../connections/postgres/postgres-database.ts';
import { PostgresPool } from '../connections/postgres/postgres-pool.ts';
import type { ProcessRole } from '../domain/atlas-role.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { Placement, ShardEndpoints } from '../domain/shard.ts';
import { allEnded } from '../lib/all-ended.ts';
import type { Logger } from '../observability/logger.ts';
import { describePlacement } from '../sharding/describe-placement.ts';
import { refuseSubscribedHome, subscribeToCatalog } from './catalog-subscription.ts';
import { checkServers } from './checks/check-servers.ts';
import { migrateShard, whileMigrating } from './migrate-shard.ts';
import { type Migration, migrationsDirectory, readMigrations } from './migration-files.ts';
import { letRolesLogIn } from './roles/let-roles-log-in.ts';
import { assignShards } from './shard-identity.ts';
import { assignSigningKey } from './signing-key.ts';

export interface ShardMigrationReport {
  readonly clusterId: string;
  /** Names of the files applied by this call. */
  readonly applied: ReadonlyMap<ShardId, readonly string[]>;
}

/** The shards, and how entities are distributed over them. */
export interface ShardLayout {
  readonly shards: readonly ShardEndpoints[];
  readonly placement: Placement;
}

interface Options {
  readonly connectTimeoutMs: number;
  readonly logger: Logger;
}

/** By role. One that is not given keeps its password, or stays without the right to log in. */
export type RolePasswords = Readonly<Partial<Record<ProcessRole, string>>>;

interface MigrationOptions extends Options {
  readonly passwords?: RolePasswords;
}

/**
 * Migrates the schema and the roles of every shard, records on each server which shard it is, gives all shards the signing key, and
 * subscribes them to the attribute catalog of the first one, its home. Idempotent, and safe to run from several processes concurrently.
 * @throws MigrationError, before anything is written if a server does not answer or cannot be used; AtlasError SHARD_UNAVAILABLE |
 * DatabaseError
 */
export async function migrateShards(
  { shards, placement }: ShardLayout,
  options: MigrationOptions,
  files: readonly Migration[] = readMigrations(migrationsDirectory('postgres')),
): Promise<ShardMigrationReport> {
  const servers = shards.map((endpoints) => ({ endpoints, primary: ownPool(endpoints, options), replicas: [] }));
  const primaries = servers.map(({ primary }) => primary);
  try {
    await checkServers(servers, 'migrate', options.logger);
    // No shard is interrupted in the middle of a file because another one failed.
    const applied = await allEnded(primaries.map((primary) => migrateShard(primary, files)));
    await Promise.all(primaries.map((primary) => letRolesLogIn(primary, options.passwords ?? {})));
    const clusterId = await assignShards(primaries, describePlacement(shards, placement));
    await assignSigningKey(primaries);
    await replicateCatalog(shards, primaries);
    return { clusterId, applied: new Map(shards.map(({ id }, index) => [id, applied[index] ?? []])) };
  } finally {
    await Promise.all(primaries.map((primary) => primary.close()));
  }
}

/** Excludes other migrations, of any store, while `work` runs, with the lock on one shard's primary. */
export async function lockedBy<T>(shard: ShardEndpoints, options: Options, work: () => Promise<T>): Promise<T> {
  const primary = ownPool(shard, options);
  try {
    return await whileMigrating(primary, work);
  } finally {
    await primary.close();
  }
}

async function replicateCatalog(
  shards: readonly ShardEndpoints[],
  primaries: readonly PostgresDatabase[],
): Promise<void> {
  const [home, ...others] = primaries;
  const homeUrl = shards[0]?.primary;
  if (home === undefined || homeUrl === undefined) return;
  await refuseSubscribedHome(home);
  for (const other of others) await subscribeToCatalog(home, homeUrl, other);
}

/** Statements have no timeout, because building an index may take long. Waiting for locks is bounded. */
function ownPool({ id, primary }: ShardEndpoints, { connectTimeoutMs, logger }: Options): PostgresPool {
  return new PostgresPool({
    shard: id,
    role: 'primary',
    url: primary,
    size: 1,
    connectTimeoutMs,
    statementTimeoutMs: 0,
    applicationName: 'atlas-migrate',
    logger,
  });
}
