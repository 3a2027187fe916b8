import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PostgresPool } from '../connections/postgres/postgres-pool.ts';
import type { ProcessRole } from '../domain/atlas-role.ts';
import type { ShardEndpoints } from '../domain/shard.ts';
import { PeriodicTask } from '../lifecycle/periodic-task.ts';
import type { Logger } from '../observability/logger.ts';
import { giveTo } from './postgres/account.ts';
import { copyRunningCluster, copyStoppedCluster } from './postgres/copy-cluster.ts';
import {
  holdsCluster,
  holdsPartOfCluster,
  initialiseCluster,
  REPLICA_SLOT,
  resetPassword,
} from './postgres/initialise-cluster.ts';
import type { PostgresPlace } from './postgres/postgres-place.ts';
import { stopLeftover } from './postgres/postmaster.ts';
import { ServerProcess } from './postgres/server-process.ts';
import { connectionUri, primarySettings, replicaSettings } from './postgres/server-settings.ts';
import { StackError } from './stack-error.ts';

const CHECK_PERIOD_MS = 2_000;

export interface EmbeddedShardOptions {
  readonly id: string;
  readonly place: PostgresPlace;
  readonly password: string;
  readonly rolePasswords: Readonly<Record<ProcessRole, string>>;
  /** The password differs from the one in existing data, if there is any. */
  readonly passwordIsNew: boolean;
  readonly maxSlotWalBytes: number;
  readonly logger: Logger;
  /** Shows a message to the user. */
  readonly notify: (message: string) => void;
}

/** One shard: a primary and a streaming replica of it, both kept running until they are stopped. */
export class EmbeddedShard {
  readonly id: string;
  readonly #options: EmbeddedShardOptions;
  readonly #directory: string;
  #ports = { primary: 0, replica: 0 };
  #primary: ServerProcess | null = null;
  #replica: ServerProcess | null = null;
  #database: PostgresPool | null = null;
  #care: PeriodicTask | null = null;
  readonly #stopping = new AbortController();

  constructor(options: EmbeddedShardOptions) {
    this.id = options.id;
    this.#options = options;
    this.#directory = join(options.place.directory, options.id);
  }

  /** As the superuser. */
  get endpoints(): ShardEndpoints {
    return this.#endpoints(this.#options.password);
  }

  /** As the role, which can log in once it has been given its password. */
  endpointsOf(role: ProcessRole): ShardEndpoints {
    return this.#endpoints(this.#options.rolePasswords[role], role);
  }

  /**
   * Prepares the data directories so that servers can start: stops servers that a killed Atlas left running, and creates
   * clusters that are missing or incomplete.
   */
  async prepare(signal: AbortSignal): Promise<void> {
    const { place, password, passwordIsNew, notify } = this.#options;
    const primary = this.#pathOf('primary');
    const replica = this.#pathOf('replica');
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    giveTo(place.account, this.#directory);
    for (const path of [replica, primary]) {
      if ((await stopLeftover(path)) === 'stopped')
        notify(`Stopped a Postgres server that was left running in ${path}.`);
    }
    if (!holdsCluster(primary)) {
      this.#putAside(primary);
      rmSync(replica, { recursive: true, force: true });
      await initialiseCluster({ ...place, dataDirectory: primary, password, durable: true, signal });
    } else if (passwordIsNew) {
      await resetPassword({ ...place, dataDirectory: primary, password, signal });
    }
    if (!holdsCluster(replica)) {
      rmSync(replica, { recursive: true, force: true });
      await copyStoppedCluster({ from: primary, to: replica, as: 'standby', account: place.account, signal });
    }
  }

  /** @throws StackError */
  async start(ports: { primary: number; replica: number }, signal: AbortSignal): Promise<void> {
    const { maxSlotWalBytes, password, logger } = this.#options;
    this.#ports = ports;
    this.#primary = this.#server('primary', primarySettings({ port: ports.primary, maxSlotWalBytes }));
    this.#replica = this.#server(
      'replica',
      replicaSettings({ port: ports.replica, primaryPort: ports.primary, password }),
    );
    await this.#primary.start(signal);
    this.#database = new PostgresPool({
      shard: this.id,
      role: 'primary',
      url: this.endpoints.primary,
      size: 1,
      connectTimeoutMs: 3_000,
      statementTimeoutMs: 10_000,
      applicationName: 'atlas-embedded',
      logger,
    });
    try {
      await this.#replica.start(signal);
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ shard: this.id, err: error }, 'the replica failed to start');
      await this.#rebuildReplica('does not start from its data', signal);
    }
    this.#care = new PeriodicTask(`care of ${this.id}`, CHECK_PERIOD_MS, () => this.#takeCare());
    await this.#care.start();
  }

  async stopReplica(): Promise<void> {
    this.#stopping.abort(new Error(`shard ${this.id} is being stopped`));
    await this.#care?.stop();
    await this.#replica?.stop();
    await this.#database?.close();
  }

  async stopPrimary(): Promise<void> {
    await this.#primary?.stop();
  }

  /** Restarts servers that ended unexpectedly, and copies the replica again if it can no longer catch up. */
  async #takeCare(): Promise<void> {
    const { signal } = this.#stopping;
    const { logger, notify } = this.#options;
    try {
      for (const [role, server] of [
        ['primary', this.#primary],
        ['replica', this.#replica],
      ] as const) {
        if (signal.aborted || server === null || server.running) continue;
        notify(`The ${role} of shard ${this.id} ended unexpectedly. Restarting it.`);
        await stopLeftover(this.#pathOf(role));
        await server.start(signal);
      }
      if (!signal.aborted && (await this.#replicaIsLost())) {
        await this.#rebuildReplica('fell behind by more WAL than the primary retains', signal);
      }
    } catch (error) {
      if (!signal.aborted)
        logger.warn({ shard: this.id, err: error }, 'an embedded server could not be restarted; retrying');
    }
  }

  async #replicaIsLost(): Promise<boolean> {
    const rows = await this.#database?.query<{ lost: boolean }>({
      name: 'embedded_replica_slot',
      text: "SELECT wal_status IS NOT DISTINCT FROM 'lost' AS lost FROM pg_replication_slots WHERE slot_name = $1",
      values: [REPLICA_SLOT],
    });
    return rows !== undefined && rows[0]?.lost !== false;
  }

  async #rebuildReplica(reason: string, signal: AbortSignal): Promise<void> {
    const { place, notify } = this.#options;
    if (this.#database === null || this.#replica === null) return;
    notify(`The replica of shard ${this.id} ${reason}. Copying it from the primary again.`);
    await this.#replica.stop('immediate');
    await copyRunningCluster(this.#database, {
      from: this.#pathOf('primary'),
      to: this.#pathOf('replica'),
      account: place.account,
      signal,
    });
    await this.#replica.start(signal);
    notify(`The replica of shard ${this.id} is running again.`);
  }

  #server(role: 'primary' | 'replica', settings: Readonly<Record<string, string | number>>): ServerProcess {
    return new ServerProcess({
      ...this.#options.place,
      name: `${this.id} ${role}`,
      dataDirectory: this.#pathOf(role),
      logFile: `${this.#pathOf(role)}.log`,
      settings,
    });
  }

  #endpoints(password: string, user?: ProcessRole): ShardEndpoints {
    const { primary, replica } = this.#ports;
    return {
      id: this.id,
      primary: connectionUri(primary, password, user),
      replicas: [connectionUri(replica, password, user)],
    };
  }

  #pathOf(role: 'primary' | 'replica'): string {
    return join(this.#directory, role);
  }

  /** Never deletes a directory that may contain data, even if it is damaged. */
  #putAside(path: string): void {
    if (!existsSync(path)) return;
    if (holdsPartOfCluster(path)) {
      throw new StackError(
        `The data of shard ${this.id} in ${path} is damaged: files that every database has are missing.`,
        'Restore them, or set ATLAS_HOME to a new directory to start with an empty database.',
      );
    }
    const aside = `${path}.aside-${Date.now()}`;
    renameSync(path, aside);
    this.#options.notify(
      `${path} did not contain a database. It was renamed to ${aside}, and shard ${this.id} starts empty.`,
    );
  }
}
