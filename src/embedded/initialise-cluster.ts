import { appendFileSync, chownSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from './account.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { runProgram } from './run-program.ts';

/** The superuser of an embedded server and the database in it. */
export const EMBEDDED_USER = 'atlas';
export const EMBEDDED_DATABASE = 'atlas';
/** The slot that keeps WAL for the primary's one replica. */
export const REPLICA_SLOT = 'replica';

/**
 * Makes the data directory of a new primary. It appears under its name only when it is complete: whatever is killed half
 * way leaves `<dataDirectory>.partial`, which the next call removes.
 */
export async function initialiseCluster(options: {
  binaries: PostgresBinaries;
  account: Account | null;
  dataDirectory: string;
  password: string;
  signal?: AbortSignal | undefined;
}): Promise<void> {
  const { binaries, account, dataDirectory, password, signal } = options;
  const partial = `${dataDirectory}.partial`;
  const passwordFile = join(partial, 'password');
  const cluster = join(partial, 'data');
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account !== null) for (const path of [partial, passwordFile]) chownSync(path, account.uid, account.gid);
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
      '--no-sync',
    ],
    { account, signal },
  );
  appendFileSync(join(cluster, 'postgresql.conf'), "\ninclude 'atlas.conf'\n");
  writeFileSync(join(cluster, 'atlas.conf'), '', { mode: 0o600 });
  if (account !== null) chownSync(join(cluster, 'atlas.conf'), account.uid, account.gid);
  await runProgram(binaries.postgres, ['--single', '-D', cluster, 'postgres'], {
    account,
    input: `CREATE DATABASE ${EMBEDDED_DATABASE}\nSELECT pg_create_physical_replication_slot('${REPLICA_SLOT}')\n`,
    signal,
  });
  renameSync(cluster, dataDirectory);
  rmSync(partial, { recursive: true, force: true });
}
