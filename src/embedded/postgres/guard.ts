import { type ChildProcess, spawn } from 'node:child_process';
import { type Account, identity } from './account.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { postgresEnvironment } from './run-program.ts';

/**
 * Waits for the end of its standard input, a pipe held only by this process, so it notices whenever and however this process
 * ends. It retries because a server that has just started may not have written its process id yet.
 */
const SCRIPT = `
while read -r _; do :; done
for attempt in 1 2 3 4 5; do
  "$1" stop -s -D "$2" -m fast -t 10 && exit 0
  "$1" stop -s -D "$2" -m immediate -t 5 && exit 0
  sleep 0.5
done`;

/** A small process that stops the server in a data directory if this process is killed and cannot do so itself. */
export class Guard {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  constructor(binaries: PostgresBinaries, account: Account | null, dataDirectory: string) {
    this.#child = spawn('/bin/sh', ['-c', SCRIPT, 'atlas-guard', binaries.pgCtl, dataDirectory], {
      ...identity(account),
      cwd: '/',
      env: postgresEnvironment(),
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
  }

  /** Call after the server has stopped. */
  async dismiss(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
