import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import type { ProcessRole } from '../../src/domain/atlas-role.ts';
import type { ShardEndpoints } from '../../src/domain/shard.ts';
import { freePorts } from '../../src/embedded/free-ports.ts';
import { type Account, unprivilegedAccount } from '../../src/embedded/postgres/account.ts';
import { copyStoppedCluster } from '../../src/embedded/postgres/copy-cluster.ts';
import { initialiseCluster } from '../../src/embedded/postgres/initialise-cluster.ts';
import { binariesIn, installedBinaries, type PostgresBinaries } from '../../src/embedded/postgres/postgres-binaries.ts';
import { ServerProcess } from '../../src/embedded/postgres/server-process.ts';
import { connectionUri, primarySettings, replicaSettings } from '../../src/embedded/postgres/server-settings.ts';
import { migrateShard } from '../../src/migration/migrate-shard.ts';
import { migrationsDirectory, readMigrations } from '../../src/migration/migration-files.ts';
import { letRolesLogIn } from '../../src/migration/roles/let-roles-log-in.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { programDirectoryOf, runDirectory, temporaryDirectory } from './run-directory.ts';

const PASSWORD = 'test';
/** Test data need not survive a crash of the machine. */
const CARELESS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', shared_buffers: '32MB' };

export interface TestCluster {
  /** With the requested number of replicas. */
  readonly endpoints: ShardEndpoints;
  readonly primary: ServerProcess;
  /** The first one. */
  readonly replica: ServerProcess | null;
  /** Directory of the servers' data and logs. */
  readonly directory: string;
  /** Stops the servers and removes the directory. */
  stop(): Promise<void>;
}

/** A primary with all migrations applied and, if requested, streaming replicas of it. */
export async function startPostgresCluster(
  options: {
    shard?: string;
    replica?: boolean | 2;
    migrated?: boolean;
    settings?: Record<string, string>;
    /** The port through which the replicas reach their primary, whose port is given. Default: that one. */
    upstream?: (primaryPort: number) => Promise<number>;
  } = {},
): Promise<TestCluster> {
  const { shard = 's0', migrated = true } = options;
  const account = unprivilegedAccount();
  const binaries = usableBinaries();
  const directory = temporaryDirectory(`pg-${shard}`);
  const servers: ServerProcess[] = [];
  const stop = async () => {
    for (const server of servers.reverse()) await server.stop('immediate');
    rmSync(directory, { recursive: true, force: true });
  };
  const server = async (name: string, settings: Readonly<Record<string, string | number>>) => {
    const created = new ServerProcess({
      name: `${shard} ${name}`,
      binaries,
      account,
      dataDirectory: join(directory, name),
      logFile: join(directory, `${name}.log`),
      settings: { ...settings, ...CARELESS, ...options.settings },
    });
    servers.push(created);
    await created.start();
    return created;
  };
  try {
    const from = await template(binaries, account, migrated);
    const wanted = Number(options.replica ?? false);
    const [primaryPort = 0, ...ports] = await freePorts([null, ...Array.from({ length: wanted }, () => null)]);
    await copyStoppedCluster({ from, to: join(directory, 'primary'), as: 'equal', account });
    const names = ports.map((_, index) => (index === 0 ? 'replica' : `replica ${index + 1}`));
    for (const name of names) await copyStoppedCluster({ from, to: join(directory, name), as: 'standby', account });
    const primary = await server('primary', primarySettings({ port: primaryPort, maxSlotWalBytes: 2 ** 30 }));
    const upstreamPort = wanted === 0 ? primaryPort : ((await options.upstream?.(primaryPort)) ?? primaryPort);
    const replicas: ServerProcess[] = [];
    for (const [index, port] of ports.entries()) {
      const settings = replicaSettings({ port, primaryPort: upstreamPort, password: PASSWORD });
      // The primary has one slot for replicas; the others rely on the WAL that it keeps anyway.
      replicas.push(await server(names[index] ?? '', index === 0 ? settings : { ...settings, primary_slot_name: '' }));
    }
    const endpoints = {
      id: shard,
      primary: connectionUri(primaryPort, PASSWORD),
      replicas: ports.map((port) => connectionUri(port, PASSWORD)),
    };
    return { endpoints, primary, replica: replicas[0] ?? null, directory, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The servers of a migrated cluster, as one of its roles logs in. */
export function endpointsOf(role: ProcessRole, { id, primary, replicas }: ShardEndpoints): ShardEndpoints {
  const url = (text: string) => connectionUri(Number(new URL(text).port), PASSWORD, role);
  return { id, primary: url(primary), replicas: replicas.map(url) };
}

/** Applies the schema only; a test that needs a row in `atlas.shard` writes it. */
async function migrate(url: string): Promise<void> {
  const pool = new PostgresPool({
    shard: 's0',
    role: 'primary',
    url,
    size: 1,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 0,
    applicationName: 'test-migrate',
    logger: createLogger('silent'),
  });
  try {
    await migrateShard(pool, readMigrations(migrationsDirectory('postgres')));
    await letRolesLogIn(pool, { atlas_serve: PASSWORD, atlas_replicate: PASSWORD });
  } finally {
    await pool.close();
  }
}

/** A stopped cluster, empty or with all migrations applied, shared by all test files of a run as a template to copy. */
async function template(binaries: PostgresBinaries, account: Account | null, migrated: boolean): Promise<string> {
  const shared = join(runDirectory(), migrated ? 'shared-migrated-cluster' : 'shared-cluster');
  if (existsSync(shared)) return shared;
  const own = temporaryDirectory('cluster');
  const dataDirectory = join(own, 'data');
  try {
    if (migrated) await makeMigrated(dataDirectory, binaries, account);
    else await initialiseCluster({ binaries, account, dataDirectory, password: PASSWORD, durable: false });
    takeFirst(dataDirectory, shared);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
  return shared;
}

async function makeMigrated(dataDirectory: string, binaries: PostgresBinaries, account: Account | null): Promise<void> {
  await copyStoppedCluster({ from: await template(binaries, account, false), to: dataDirectory, as: 'equal', account });
  const [port = 0] = await freePorts([null]);
  const settings = { ...primarySettings({ port, maxSlotWalBytes: 2 ** 30 }), ...CARELESS };
  const logFile = `${dataDirectory}.log`;
  const server = new ServerProcess({ name: 'template', binaries, account, dataDirectory, logFile, settings });
  try {
    await server.start();
    await migrate(connectionUri(port, PASSWORD));
  } finally {
    await server.stop('fast');
  }
}

/** The installed binaries or, if the account cannot reach them, the copy made by the run; see test-run.ts. */
export function usableBinaries(): PostgresBinaries {
  const installed = installedBinaries();
  const copied = programDirectoryOf(runDirectory());
  return existsSync(copied) ? binariesIn(copied, installed.version) : installed;
}

/** Test files run concurrently; the first one creates the template for all. */
function takeFirst(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}
