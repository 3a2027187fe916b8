import type { ClickHouseDatabase, ClickHouseParameters } from '../connections/clickhouse/clickhouse-database.ts';
import type { TenantId } from '../domain/identifiers.ts';
import { outcomeOf } from '../domain/source-error.ts';
import { untilAborted } from '../lib/abort.ts';
import type { Logger } from '../observability/logger.ts';
import { OutageLog } from '../observability/outage-log.ts';
import { contradictsOwner, UnusableClickHouseError, verifyClickHouse } from './clickhouse-owner.ts';

/**
 * What a process knows of the database behind its connections. A call that gets no response, or finds that a table or column is
 * missing or that the owner is another one, makes all of them verify again: what comes back may be empty, or belong to another installation.
 */
export class ClickHouseOwnership {
  readonly clusterId: string;
  readonly #outages: OutageLog;
  #verified: Promise<void> | null = null;
  /** Why the database must not be used, as it was logged. */
  #reason: string | null = null;

  constructor(clusterId: string, logger: Logger) {
    this.clusterId = clusterId;
    this.#outages = new OutageLog(logger, 'the use of ClickHouse');
  }

  /** @throws as verifyClickHouse does. */
  verify(clickhouse: ClickHouseDatabase): Promise<void> {
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

  async #verify(clickhouse: ClickHouseDatabase): Promise<void> {
    try {
      await verifyClickHouse(clickhouse, this.clusterId);
      this.#outages.succeeded();
      this.#reason = null;
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

  constructor(database: ClickHouseDatabase, ownership: ClickHouseOwnership) {
    this.#database = database;
    this.#ownership = ownership;
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
