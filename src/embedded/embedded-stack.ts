import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessRole } from '../domain/atlas-role.ts';
import type { ShardEndpoints } from '../domain/shard.ts';
import type { Logger } from '../observability/logger.ts';
import { asStackError } from './as-stack-error.ts';
import { EmbeddedShard } from './embedded-shard.ts';
import { freePorts } from './free-ports.ts';
import { HomeLock } from './home/home-lock.ts';
import { openHome } from './home/open-home.ts';
import { announceHome, withdrawHome } from './home/running-homes.ts';
import { removeStackFile, writeStackFile } from './home/stack-file.ts';
import { newStackState, readStackState, type StackState, writeStackState } from './home/stack-state.ts';
import { findPostgresPlace } from './postgres/postgres-place.ts';
import { SHARD_IDS } from './shard-ids.ts';

export interface EmbeddedStackOptions {
  /** A directory, created if it does not exist. */
  readonly home: string;
  /** Maximum WAL that one primary retains for a stopped replicator or replica. */
  readonly maxSlotWalBytes: number;
  readonly logger: Logger;
  /** Reports the current phase to the user. */
  readonly onProgress: (phase: string) => void;
  /** Tells the user about repairs, and where data is stored if not in the home. */
  readonly onNotice: (message: string) => void;
}

/**
 * Two Postgres shards, each with a replica, as child processes, and a data directory for the ClickHouse engine of this process,
 * all in one home directory. After `start` has failed or was aborted, and after `stop`, no child process is running.
 */
export class EmbeddedStack {
  readonly #options: EmbeddedStackOptions;
  readonly #stopping = new AbortController();
  #starting: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | null = null;
  #home = '';
  #lock: HomeLock | null = null;
  #shards: EmbeddedShard[] = [];
  #rolePasswords: Readonly<Record<ProcessRole, string>> | null = null;

  constructor(options: EmbeddedStackOptions) {
    this.#options = options;
  }

  /** As the servers' superuser. The connection strings contain a password. */
  get endpoints(): readonly ShardEndpoints[] {
    return this.#shards.map((shard) => shard.endpoints);
  }

  /** As one of the roles, once `migrateShards` has given them the passwords of this stack. */
  endpointsOf(role: ProcessRole): readonly ShardEndpoints[] {
    return this.#shards.map((shard) => shard.endpointsOf(role));
  }

  /** The passwords of the roles; null before `start`. */
  get rolePasswords(): Readonly<Record<ProcessRole, string>> | null {
    return this.#rolePasswords;
  }

  /** The data directory of the ClickHouse engine in this process. */
  get clickhousePath(): string {
    return join(this.#home, 'clickhouse');
  }

  /** @throws StackError if the stack cannot run; the signal's reason if it was aborted. */
  async start(signal?: AbortSignal): Promise<void> {
    const stopping = this.#stopping.signal;
    const anySignal = signal === undefined ? stopping : AbortSignal.any([signal, stopping]);
    this.#starting = this.#start(anySignal);
    try {
      await this.#starting;
    } catch (error) {
      const reason = anySignal.aborted ? anySignal.reason : asStackError(error, this.#options.home);
      await this.stop();
      throw reason;
    }
  }

  /** Publishes the addresses of this stack to other programs, until it stops. */
  publish(http: string): void {
    const shards = this.endpoints.map(({ id, primary, replicas }) => ({ id, primary, replicas: [...replicas] }));
    writeStackFile(this.#home, { http, shards });
    announceHome(this.#home);
  }

  /** Stops replicas before primaries, so that every replica has received everything its primary wrote. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { onProgress, onNotice } = this.#options;
    signal.throwIfAborted();
    const home = openHome(this.#options.home);
    this.#home = home;
    this.#lock = await HomeLock.acquire(home);
    removeStackFile(home);
    mkdirSync(this.clickhousePath, { recursive: true, mode: 0o700 });
    const known = readStackState(home);
    const state = known ?? newStackState();
    writeStackState(home, state);
    this.#rolePasswords = state.roles;
    onProgress(known === null ? 'Creating two Postgres shards' : 'Starting two Postgres shards');
    const place = await findPostgresPlace(home, onNotice);
    this.#shards = SHARD_IDS.map(
      (id) =>
        new EmbeddedShard({
          id,
          place,
          password: state.password,
          rolePasswords: state.roles,
          passwordIsNew: known === null,
          maxSlotWalBytes: this.#options.maxSlotWalBytes,
          logger: this.#options.logger,
          notify: onNotice,
        }),
    );
    await allOrAbort(this.#shards, signal, (shard, either) => shard.prepare(either));
    onProgress('Starting Postgres: two primaries, two replicas');
    const ports = await this.#choosePorts(state);
    await allOrAbort(this.#shards, signal, (shard, either) => shard.start(ports(shard.id), either));
  }

  /** The ports of the last start if they are free, so that addresses a user has noted stay valid. */
  async #choosePorts(state: StackState): Promise<(shard: string) => { primary: number; replica: number }> {
    const names = SHARD_IDS.flatMap((id) => [`${id} primary`, `${id} replica`]);
    const chosen = await freePorts(names.map((name) => state.ports[name] ?? null));
    const ports = Object.fromEntries(names.map((name, index) => [name, chosen[index] ?? 0]));
    writeStackState(this.#home, { ...state, ports });
    return (shard) => ({ primary: ports[`${shard} primary`] ?? 0, replica: ports[`${shard} replica`] ?? 0 });
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new Error('The embedded stack is being stopped.'));
    await this.#starting.catch(() => {}); // The caller of start() gets the error.
    if (this.#lock === null) return;
    const outcomes = [
      ...(await Promise.allSettled(this.#shards.map((shard) => shard.stopReplica()))),
      ...(await Promise.allSettled(this.#shards.map((shard) => shard.stopPrimary()))),
    ];
    removeStackFile(this.#home);
    withdrawHome(this.#home);
    this.#lock.release();
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }
}

/** Runs `work` for all items concurrently. If one fails, the others are aborted and have ended by the time this rejects. */
async function allOrAbort<T>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const failures: unknown[] = [];
  const either = AbortSignal.any([signal, failed.signal]);
  await Promise.all(
    items.map(async (item) => {
      try {
        await work(item, either);
      } catch (error) {
        failures.push(error);
        failed.abort(error);
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
}
