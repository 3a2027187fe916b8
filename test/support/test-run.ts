import { existsSync, readdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountCan, unprivilegedAccount } from '../../src/embedded/postgres/account.ts';
import { copyTree } from '../../src/embedded/postgres/copy-tree.ts';
import { installedBinaries } from '../../src/embedded/postgres/postgres-binaries.ts';
import { processesIn } from './processes-in.ts';
import { makeRunDirectory, programDirectoryOf } from './run-directory.ts';

/** What a test file may leave for other files of the same run. */
const SHARED = /^shared-/;

export interface TestRun {
  /** Contains everything that the run writes. */
  readonly directory: string;
  /** Ends what still runs, and removes everything. @returns processes and folders that should not have been there any more. */
  close(): Promise<readonly string[]>;
}

/** Creates the directory of one run of the tests, or of a program that uses their servers. */
export async function openTestRun(): Promise<TestRun> {
  const directory = makeRunDirectory();
  await copyUnreachablePrograms(programDirectoryOf(directory));
  return {
    directory,
    async close() {
      const processes = processesIn(directory);
      await end(directory);
      const folders = existsSync(directory) ? readdirSync(directory).filter((name) => !SHARED.test(name)) : [];
      for (const path of [directory, programDirectoryOf(directory)]) {
        rmSync(path, { recursive: true, force: true, maxRetries: 5 });
      }
      return [...processes.map(({ pid, command }) => `process ${pid}: ${command}`), ...folders];
    },
  };
}

/** If the tests run as root, Postgres runs under an account that may not be able to enter the checkout. */
async function copyUnreachablePrograms(to: string): Promise<void> {
  const account = unprivilegedAccount();
  const installed = installedBinaries();
  if (!accountCan(account, '-x', installed.postgres)) await copyTree(installed.directory, to, { account });
}

/** Terminates before killing, because a Postgres server that is killed leaves shared memory behind. */
async function end(directory: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  for (const { pid } of processesIn(directory)) process.kill(pid, 'SIGQUIT');
  while (processesIn(directory).length > 0 && performance.now() < deadline) await sleep(50);
  for (const { pid } of processesIn(directory)) process.kill(pid, 'SIGKILL');
}
