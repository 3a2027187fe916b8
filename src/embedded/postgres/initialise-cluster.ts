import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Account, giveTo } from './account.ts';
import { newPartial } from './partial-directory.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { runProgram } from './run-program.ts';

/** The superuser of an embedded server and the database in it. */
export const EMBEDDED_USER = 'atlas';
export const EMBEDDED_DATABASE = 'atlas';
/** The slot that retains WAL for the primary's only replica. */
export const REPLICA_SLOT = 'replica';

interface Cluster {
  readonly binaries: PostgresBinaries;
  readonly account: Account | null;
  readonly dataDirectory: string;
  readonly password: string;
  readonly signal?: AbortSignal | undefined;
}

/** Whether a server could start from the directory. */
export function holdsCluster(dataDirectory: string): boolean {
  return ['PG_VERSION', 'global/pg_control', 'base', 'postgresql.conf'].every((path) =>
    existsSync(join(dataDirectory, path)),
  );
}

/** Whether the directory may contain data. */
export function holdsPartOfCluster(dataDirectory: string): boolean {
  return ['global', 'base', 'pg_wal'].some((path) => existsSync(join(dataDirectory, path)));
}

/**
 * Creates the data directory of a new primary. It appears under its name only when it is complete; the next call removes
 * what an interrupted one left behind.
 * @param options.durable false for data that need not survive a crash of the machine.
 */
export async function initialiseCluster(options: Cluster & { durable: boolean }): Promise<void> {
  const { binaries, account, dataDirectory, password, signal } = options;
  const partial = newPartial(dataDirectory);
  const passwordFile = join(partial, 'password');
  const cluster = join(partial, 'data');
  mkdirSync(partial, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  giveTo(account, partial, passwordFile);
  await runProgram(
    binaries.initdb,
    [
      `--pgdata=${cluster}`,
      `--username=${EMBEDDED_USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(options.durable ? [] : ['--no-sync']),
    ],
    { account, signal },
  );
  appendFileSync(join(cluster, 'postgresql.conf'), "\ninclude 'atlas.conf'\n");
  writeFileSync(join(cluster, 'atlas.conf'), '', { mode: 0o600 });
  giveTo(account, join(cluster, 'atlas.conf'));
  await runStandalone({ ...options, dataDirectory: cluster }, [
    `CREATE DATABASE ${EMBEDDED_DATABASE}`,
    `SELECT pg_create_physical_replication_slot('${REPLICA_SLOT}')`,
  ]);
  renameSync(cluster, dataDirectory);
  rmSync(partial, { recursive: true, force: true });
}

/** Sets the password of a stopped primary. Does not need the old one. */
export async function resetPassword(cluster: Cluster): Promise<void> {
  await runStandalone(cluster, [`ALTER ROLE ${EMBEDDED_USER} PASSWORD '${cluster.password.replaceAll("'", "''")}'`]);
}

/** Runs statements, one per line, in Postgres' single-user mode, which needs no running server and no connection. */
async function runStandalone(
  { binaries, account, dataDirectory, signal }: Omit<Cluster, 'password'>,
  statements: readonly string[],
): Promise<void> {
  await runProgram(binaries.postgres, ['--single', '-D', dataDirectory, 'postgres'], {
    account,
    input: statements.map((statement) => `${statement}\n`).join(''),
    signal,
  });
}
