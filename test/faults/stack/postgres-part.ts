import { rmSync } from 'node:fs';
import { readPostmaster } from '../../../src/embedded/postgres/postmaster.ts';
import type { Part } from './part.ts';
import { gone, sharedMemoryOf, signalAll, withChildren } from './process-tree.ts';

export interface PostgresPartOptions {
  readonly name: string;
  readonly kind: 'primary' | 'replica';
  readonly shard: string;
  readonly dataDirectory: string;
  /** Resolves when the server runs again after it was killed. */
  readonly start: () => Promise<void>;
}

/** A Postgres server: its postmaster and all its backends. */
export class PostgresPart implements Part {
  readonly name: string;
  readonly kind: 'primary' | 'replica';
  readonly shard: string;
  readonly #options: PostgresPartOptions;
  #paused: readonly number[] = [];

  constructor(options: PostgresPartOptions) {
    this.name = options.name;
    this.kind = options.kind;
    this.shard = options.shard;
    this.#options = options;
  }

  /** The server may have ended just before, with the process that owns it. */
  async kill(): Promise<void> {
    if (readPostmaster(this.#options.dataDirectory) === null) return;
    const pids = this.#pids();
    const memory = sharedMemoryOf(pids);
    signalAll(pids, 'SIGKILL');
    await gone(pids);
    for (const file of memory) rmSync(file, { force: true });
  }

  start(): Promise<void> {
    return this.#options.start();
  }

  /** The postmaster first, so that it starts no further backend. */
  pause(): void {
    const [postmaster = 0] = this.#pids();
    signalAll([postmaster], 'SIGSTOP');
    this.#paused = withChildren(postmaster);
    signalAll(this.#paused, 'SIGSTOP');
  }

  resume(): void {
    signalAll(this.#paused.toReversed(), 'SIGCONT');
    this.#paused = [];
  }

  #pids(): number[] {
    const postmaster = readPostmaster(this.#options.dataDirectory);
    if (postmaster === null) throw new Error(`${this.name} does not run`);
    return withChildren(postmaster.pid);
  }
}
