import type { ClickHouseDatabase, ClickHouseParameters } from '../connections/clickhouse/clickhouse-database.ts';
import type { TenantId } from '../domain/identifiers.ts';
import { outcomeOf } from '../domain/source-error.ts';
import { untilAborted } from '../lib/abort.ts';
import { SharedRuns } from '../lib/shared-runs.ts';
import type { Logger } from '../observability/logger.ts';
import { OutageLog } from '../observability/outage-log.ts';
import { contradictsOwner, UnusableClickHouseError, verifyClickHouse } from './clickhouse-owner.ts';
import { isReplicated } from './is-replicated.ts';

/**
 * What a process knows of the database behind its connections. A call that gets no response, or finds that a table or column is
 * missing or that the owner is another one, makes all of them verify again: what comes back may be empty, or belong to another installation.
 */
export class ClickHouseOwnership {
  readonly clusterId: string;
  readonly #outages: OutageLog;
  /** Whether its tables are replicated, once it has been verified. */
  #verified: Promise<boolean> | null = null;
  /** Why the database must not be used, as it was logged. */
  #reason: string | null = null;

  constructor(clusterId: string, logger: Logger) {
    this.clusterId = clusterId;
    this.#outages = new OutageLog(logger, 'the use of ClickHouse');
  }

  /** @returns whether its tables are replicated. @throws as verifyClickHouse does. */
  verify(clickhouse: ClickHouseDatabase): Promise<boolean> {
    if (this.#verified === null) {
      const verifying = this.#verify(clickhouse);
      this.#verified = verifying;
      verifying.catch(() => {
        if (this.#verified === verifying) this.#verified = null;
      });
    }
    return this.#verified;
  }

  forget(): void {
    this.#verified = null;
  }

  async #verify(clickhouse: ClickHouseDatabase): Promise<boolean> {
    try {
      await verifyClickHouse(clickhouse, this.clusterId);
      const replicated = await isReplicated(clickhouse);
      this.#outages.succeeded();
      this.#reason = null;
      return replicated;
    } catch (error) {
      if (error instanceof UnusableClickHouseError && error.message !== this.#reason) {
        this.#outages.gaveUp(error);
        this.#reason = error.message;
      }
      throw error;
    }
  }
}

/**
 * Runs statements only while the database is known to belong to this installation. Whoever relies on that from one statement to the
 * next lets the statement itself check it (IS_OWN_DATABASE): every one of them gets the installation's id as a parameter.
 */
export class OwnedClickHouse implements ClickHouseDatabase {
  readonly #database: ClickHouseDatabase;
  readonly #ownership: ClickHouseOwnership;
  /** By the names of the tables. */
  readonly #catchUps = new Map<string, SharedRuns>();

  constructor(database: ClickHouseDatabase, ownership: ClickHouseOwnership) {
    this.#database = database;
    this.#ownership = ownership;
  }

  get serverChanges(): number {
    return this.#database.serverChanges;
  }

  query<Row extends object>(
    text: string,
    parameters?: ClickHouseParameters,
    signal?: AbortSignal,
    tenant?: TenantId,
  ): Promise<Row[]> {
    return this.#run(() => this.#database.query<Row>(text, this.#bound(parameters), signal, tenant), signal);
  }

  insert(table: string, rows: readonly object[]): Promise<void> {
    return this.#run(() => this.#database.insert(table, rows));
  }

  insertLines(table: string, columns: readonly string[], chunks: readonly Buffer[]): Promise<void> {
    return this.#run(() => this.#database.insertLines(table, columns, chunks));
  }

  command(text: string, parameters?: ClickHouseParameters): Promise<void> {
    return this.#run(() => this.#database.command(text, this.#bound(parameters)));
  }

  async catchUp(tables: readonly string[], signal?: AbortSignal): Promise<void> {
    if (!(await untilAborted(this.#ownership.verify(this.#database), signal))) return;
    const key = tables.join();
    const runs = this.#catchUps.get(key) ?? new SharedRuns(() => this.#run(() => this.#database.catchUp(tables)));
    this.#catchUps.set(key, runs);
    return runs.join(signal);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #bound(parameters: ClickHouseParameters | undefined): ClickHouseParameters {
    return { ...parameters, installation: this.#ownership.clusterId };
  }

  async #run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await untilAborted(this.#ownership.verify(this.#database), signal);
    try {
      return await work();
    } catch (error) {
      const isDoubtful = contradictsOwner(error);
      if (isDoubtful || outcomeOf(error) === 'down') this.#ownership.forget();
      // Says that the database was emptied, is being migrated, or belongs to another installation, if so.
      if (isDoubtful) await untilAborted(this.#ownership.verify(this.#database), signal);
      throw error;
    }
  }
}
