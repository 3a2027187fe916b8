import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ShardEndpoints } from '../domain/shard.ts';
import type { Logger } from '../observability/logger.ts';
import { EmbeddedShard } from './embedded-shard.ts';
import { freePorts } from './free-ports.ts';
import { openHome } from './home.ts';
import { HomeLock } from './home-lock.ts';
import { findPostgresPlace } from './postgres-place.ts';
import { asStackError } from './stack-error.ts';
import { removeStackFile, writeStackFile } from './stack-file.ts';
import { newStackState, readStackState, type StackState, writeStackState } from './stack-state.ts';

const SHARD_IDS = ['s0', 's1'] as const;

export interface EmbeddedStackOptions {
  /** A directory, made where it is missing. */
  readonly home: string;
  /** WAL that a stopped replicator or replica may hold back on one primary. */
  readonly maxSlotWalBytes: number;
  readonly logger: Logger;
  /** What is being done now, for people who wait. */
  readonly onProgress: (phase: string) => void;
  /** What people should know although nobody asked: repairs, and where data are. */
  readonly onNotice: (message: string) => void;
}

/**
 * Two Postgres shards with a replica each as child processes, and a place for the ClickHouse engine of this process, with
 * their data in one home. Where `start` fails or is aborted, and when `stop` has returned, nothing of it runs any more.
 */
export class EmbeddedStack {
  readonly #options: EmbeddedStackOptions;
  readonly #stopping = new AbortController();
  #starting: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | null = null;
  #home = '';
  #lock: HomeLock | null = null;
  #shards: EmbeddedShard[] = [];

  constructor(options: EmbeddedStackOptions) {
    this.#options = options;
  }

  /** Their connection strings hold a password. */
  get endpoints(): readonly ShardEndpoints[] {
    return this.#shards.map((shard) => shard.endpoints);
  }

  /** The data directory of the ClickHouse engine in this process. */
  get clickhousePath(): string {
    return join(this.#home, 'clickhouse');
  }

  /** @throws StackError where it cannot run; the signal's reason where it was aborted. */
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

  /** Tells other programs where this stack is, until it stops. */
  publish(http: string): void {
    const shards = this.endpoints.map(({ id, primary, replicas }) => ({ id, primary, replicas: [...replicas] }));
    writeStackFile(this.#home, { http, shards });
  }

  /** Replicas first, then primaries, so that every replica has all that its primary wrote. */
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
    onProgress(known === null ? 'Making two Postgres shards' : 'Starting two Postgres shards');
    const place = await findPostgresPlace(home, onNotice);
    this.#shards = SHARD_IDS.map(
      (id) =>
        new EmbeddedShard({
          id,
          place,
          password: state.password,
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

  /** Those of the last start where they are free, so that whoever has noted them finds the servers again. */
  async #choosePorts(state: StackState): Promise<(shard: string) => { primary: number; replica: number }> {
    const names = SHARD_IDS.flatMap((id) => [`${id} primary`, `${id} replica`]);
    const chosen = await freePorts(names.map((name) => state.ports[name] ?? null));
    const ports = Object.fromEntries(names.map((name, index) => [name, chosen[index] ?? 0]));
    writeStackState(this.#home, { ...state, ports });
    return (shard) => ({ primary: ports[`${shard} primary`] ?? 0, replica: ports[`${shard} replica`] ?? 0 });
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new Error('The embedded stack is being stopped.'));
    await this.#starting.catch(() => {}); // Whoever started it is told.
    if (this.#lock === null) return;
    const outcomes = [
      ...(await Promise.allSettled(this.#shards.map((shard) => shard.stopReplica()))),
      ...(await Promise.allSettled(this.#shards.map((shard) => shard.stopPrimary()))),
    ];
    removeStackFile(this.#home);
    this.#lock.release();
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }
}

/** Runs `work` for all at once. Where one fails the others are aborted, and have ended when this rejects. */
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
