import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from '../stack-error.ts';
import { type Account, giveTo, identity } from './account.ts';
import { Guard } from './guard.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { readPostmaster } from './postmaster.ts';
import { postgresEnvironment } from './run-program.ts';

/** Maximum time until a server accepts connections, crash recovery included. */
const START_DEADLINE_MS = 60_000;
const STOP_GRACE_MS = 10_000;

export interface ServerProcessOptions {
  /** For messages: `s0 primary`. */
  readonly name: string;
  readonly binaries: PostgresBinaries;
  readonly account: Account | null;
  readonly dataDirectory: string;
  readonly logFile: string;
  /** Written to `atlas.conf`, which `postgresql.conf` in the data directory includes. Must contain `port`. */
  readonly settings: Readonly<Record<string, string | number>>;
}

/** One server process in one complete data directory (see `initialiseCluster`). */
export class ServerProcess {
  readonly #options: ServerProcessOptions;
  #child: ChildProcess | null = null;
  #guard: Guard | null = null;
  #exited: Promise<void> = Promise.resolve();

  constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#child !== null;
  }

  /** Resolves when the process ends, for whatever reason; immediately if it is not running. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /**
   * Resolves when the server accepts connections. If it fails or is aborted, no process is left running.
   * @throws StackError, or the signal's reason.
   */
  async start(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { binaries, account, dataDirectory, logFile } = this.#options;
    this.#writeSettings();
    rmSync(logFile, { force: true });
    const log = openSync(logFile, 'w', 0o600);
    // The guard starts first, so that a server never runs unguarded.
    await this.#guard?.dismiss();
    this.#guard = new Guard(binaries, account, dataDirectory);
    const child = spawn(binaries.postgres, ['-D', dataDirectory], {
      ...identity(account),
      cwd: '/',
      env: postgresEnvironment(),
      detached: true, // Ctrl-C must reach only this process, which stops the servers in order.
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      const end = () => {
        this.#child = null;
        resolve();
      };
      child.once('exit', end);
      child.once('error', end);
    });
    try {
      await this.#untilReady(signal);
    } catch (error) {
      await this.stop('immediate');
      throw error;
    }
  }

  /** Idempotent. `fast` ends sessions and writes a checkpoint, and becomes `immediate` after a grace period. */
  async stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    if (mode === 'fast') await this.#signal('SIGINT', STOP_GRACE_MS);
    await this.#signal('SIGQUIT', 5_000);
    await this.#signal('SIGKILL', 5_000);
    await this.#guard?.dismiss();
    this.#guard = null;
  }

  async #signal(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    if (this.#child === null) return;
    this.#child.kill(signal);
    const grace = new AbortController();
    await Promise.race([this.#exited, sleep(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
    grace.abort();
  }

  async #untilReady(signal: AbortSignal | undefined): Promise<void> {
    const { name, dataDirectory, logFile } = this.#options;
    const deadline = performance.now() + START_DEADLINE_MS;
    const wayOut = `See ${logFile}, or set ATLAS_HOME to a new directory to start with an empty database.`;
    for (;;) {
      const postmaster = readPostmaster(dataDirectory);
      if (this.#child !== null && postmaster?.pid === this.#child.pid && postmaster?.status === 'ready') return;
      if (this.#child === null) {
        throw new StackError(`Postgres (${name}) did not start: ${lastLogLine(logFile)}`, wayOut);
      }
      if (performance.now() > deadline) {
        throw new StackError(
          `Postgres (${name}) did not accept connections within ${START_DEADLINE_MS / 1000} s.`,
          wayOut,
        );
      }
      await sleep(10, undefined, signal === undefined ? {} : { signal });
    }
  }

  #writeSettings(): void {
    const { account, dataDirectory, settings } = this.#options;
    const path = join(dataDirectory, 'atlas.conf');
    const lines = Object.entries(settings).map(
      ([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`,
    );
    writeFileSync(path, lines.join(''), { mode: 0o600 });
    giveTo(account, path);
  }
}

function lastLogLine(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trim().split('\n');
  return lines.findLast((line) => /FATAL|PANIC|ERROR|error/.test(line)) ?? lines.at(-1) ?? 'its log is empty';
}
