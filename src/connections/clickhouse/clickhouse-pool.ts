import { randomUUID } from 'node:crypto';
import type { TenantId } from '../../domain/identifiers.ts';
import { askUntilEnded, untilAborted } from '../../lib/abort.ts';
import { remainingMs } from '../../lib/deadline.ts';
import type { Breaker } from '../breaker.ts';
import { Permits, type PermitWaits } from '../permits.ts';
import type { ClickHouseDatabase, ClickHouseParameters } from './clickhouse-database.ts';
import { busy, down } from './translate-clickhouse-error.ts';

export interface StatementOptions {
  readonly tenant: TenantId | null;
  readonly timeoutMs: number;
  readonly tag: string;
  readonly abandoned: AbortSignal;
}

/** What runs one statement at a time. */
export interface ClickHouseConnection extends Omit<ClickHouseDatabase, 'query' | 'command' | 'catchUp'> {
  /**
   * Settles when the statement has ended.
   *
   * @param options.tenant whose rows it sees, whatever its text says; null: those of all.
   * @param options.tag marks the statement in `system.processes`.
   * @param options.abandoned once it aborts, a server that may be dead is no longer waited for.
   */
  query<Row extends object>(
    text: string,
    parameters: ClickHouseParameters | undefined,
    options: StatementOptions,
  ): Promise<Row[]>;
  /** @param timeoutMs the longest run; that of every statement unless given. */
  command(text: string, parameters?: ClickHouseParameters, timeoutMs?: number): Promise<void>;
  /** See ClickHouseSession. @param timeoutMs how long the server may take; it counts in whole seconds. */
  catchUp(table: string, timeoutMs: number): Promise<void>;
}

/** How long KILL QUERY may take to end a statement of a server that may be dead. */
const KILL_MS = 2_000;

export interface ClickHousePoolOptions {
  /** Longest run of one statement. */
  readonly timeoutMs: number;
  /** Longest wait for a free connection; `timeoutMs` unless given. */
  readonly connectTimeoutMs?: number;
  /** The connections that the statements of one tenant may take at once; all unless given. */
  readonly mostPerTenant?: number;
  /** Where the waits for a connection are counted. */
  readonly waits?: PermitWaits;
  /** Refuses calls while the server is known to be down; none unless given. */
  readonly breaker?: Breaker;
  /** Longest wait of `close` for running statements, which then fail; no limit unless given. */
  readonly farewellMs?: number;
}

interface RunningStatement {
  readonly connection: ClickHouseConnection;
  readonly running: Promise<unknown>;
  readonly tag: string;
  readonly abandoning: AbortController;
}

/**
 * Runs as many statements at once as there are connections; further ones wait.
 *
 * A statement whose signal aborts is killed with KILL QUERY from another connection, and its own connection is used again
 * only when it has ended and no KILL for it is under way. The reasons, tried with the engine 26.7 in process:
 * - The statement is found by its setting `log_comment`. Over HTTP a `query_id` would do, but chdb makes its own.
 * - Closing the HTTP connection is not relied on: by its documentation, `cancel_http_readonly_queries_on_client_close`
 *   applies to read-only sessions, and those may not set the limits that a statement needs here.
 * - chdb cannot interrupt a call: an aborted promise rejects, but its statement computes on, and the next one on that
 *   connection waits for it. KILL QUERY ends it within about 0.1 s. It may stay in `system.processes`, although nothing
 *   computes any more, until its connection runs another one: so that is done.
 * - A KILL that overtakes its statement finds nothing, so it is repeated until the statement has ended.
 *
 * If the user may not kill, or a balancer sends the KILL to another server, `max_execution_time` still ends the statement
 * when the time of its request is up. A server that does not respond to the KILL either is not waited for: otherwise one
 * that hangs would hold every connection until the time limit of its statement, and the kills until theirs.
 */
export class ClickHousePool implements ClickHouseDatabase {
  readonly #connections: readonly ClickHouseConnection[];
  readonly #free: ClickHouseConnection[];
  readonly #permits: Permits;
  readonly #openKiller: () => ClickHouseConnection;
  readonly #timeoutMs: number;
  readonly #breaker: Breaker | null;
  readonly #farewellMs: number | null;
  /** The statements that have not ended, aborted ones included. */
  readonly #underWay = new Set<Promise<void>>();
  #killer: ClickHouseConnection | null = null;
  #lastKill: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;

  /** @param openKiller opens the connection that kills, when it is first needed. */
  constructor(
    connections: readonly ClickHouseConnection[],
    openKiller: () => ClickHouseConnection,
    options: ClickHousePoolOptions,
  ) {
    this.#connections = connections;
    this.#free = [...connections];
    this.#openKiller = openKiller;
    this.#timeoutMs = options.timeoutMs;
    this.#breaker = options.breaker ?? null;
    this.#farewellMs = options.farewellMs ?? null;
    this.#permits = new Permits(
      connections.length,
      options.connectTimeoutMs ?? options.timeoutMs,
      () => busy(),
      options.mostPerTenant,
      options.waits,
    );
  }

  get serverChanges(): number {
    return Math.max(...this.#connections.map(({ serverChanges }) => serverChanges));
  }

  query<Row extends object>(
    text: string,
    parameters?: ClickHouseParameters,
    signal?: AbortSignal,
    tenant: TenantId | null = null,
  ): Promise<Row[]> {
    const tag = `atlas ${randomUUID()}`;
    return this.#use(
      (connection, abandoned) => {
        const timeoutMs = Math.min(this.#timeoutMs, remainingMs(signal) ?? this.#timeoutMs);
        return connection.query<Row>(text, parameters, { tenant, timeoutMs, tag, abandoned });
      },
      signal,
      tag,
      tenant,
    );
  }

  insert(table: string, rows: readonly object[]): Promise<void> {
    return this.#use((connection) => connection.insert(table, rows));
  }

  insertLines(table: string, columns: readonly string[], chunks: readonly Buffer[]): Promise<void> {
    return this.#use((connection) => connection.insertLines(table, columns, chunks));
  }

  command(text: string, parameters?: ClickHouseParameters): Promise<void> {
    return this.#use((connection) => connection.command(text, parameters));
  }

  async catchUp(tables: readonly string[], signal?: AbortSignal): Promise<void> {
    for (const table of tables) {
      const timeoutMs = Math.min(this.#timeoutMs, remainingMs(signal) ?? this.#timeoutMs);
      await this.#use((connection) => connection.catchUp(table, timeoutMs), signal);
    }
  }

  /** Waits for running statements. For chdb without a limit: closing a connection under one would end the engine for the whole process. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    await this.#farewell();
    const all = new Set([...this.#connections, ...(this.#killer === null ? [] : [this.#killer])]);
    for (const connection of all) await connection.close();
  }

  async #farewell(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<true>((resolve) => {
      if (this.#farewellMs !== null) timer = setTimeout(resolve, this.#farewellMs, true);
    });
    let isLate: unknown = false;
    while (this.#underWay.size > 0 && isLate !== true) {
      isLate = await Promise.race([Promise.all(this.#underWay), late]);
    }
    clearTimeout(timer);
  }

  /** The permit is released with the connection, which may be after the call has been aborted. */
  async #use<T>(
    work: (connection: ClickHouseConnection, abandoned: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
    tag = '',
    tenant: TenantId | null = null,
  ): Promise<T> {
    const breaker = this.#breaker;
    if (this.#closing !== null || breaker?.refuses === true) throw down();
    await this.#permits.acquire(signal, undefined, tenant);
    let released = Promise.resolve();
    const attempt = async (): Promise<T> => {
      if (this.#closing !== null) throw down();
      signal?.throwIfAborted();
      const connection = this.#free.pop();
      if (connection === undefined) throw new RangeError('There are more permits than connections');
      const abandoning = new AbortController();
      const running = work(connection, abandoning.signal);
      released = this.#untilEnded({ connection, running, tag, abandoning }, signal).then(() => {
        this.#free.push(connection);
        this.#underWay.delete(released);
      });
      this.#underWay.add(released);
      return untilAborted(running, signal);
    };
    try {
      return await (breaker === null ? attempt() : breaker.run(attempt, () => down(), signal));
    } finally {
      void released.then(() => this.#permits.release(tenant));
    }
  }

  /** Kills the statement if the signal aborts. Never rejects. */
  async #untilEnded(statement: RunningStatement, signal: AbortSignal | undefined): Promise<void> {
    const { running } = statement;
    let killing = Promise.resolve();
    const kill = () => {
      killing = this.#killUntilEnded(statement);
    };
    signal?.addEventListener('abort', kill, { once: true });
    await Promise.allSettled([running]);
    signal?.removeEventListener('abort', kill);
    await killing;
  }

  async #killUntilEnded({ connection, running, tag, abandoning }: RunningStatement): Promise<void> {
    let hasEnded = false;
    const timer = setTimeout(() => abandoning.abort(), KILL_MS);
    const ended = running
      .catch(() => {})
      .then(() => {
        hasEnded = true;
        clearTimeout(timer);
      });
    await askUntilEnded(ended, () => this.#kill(tag, () => hasEnded));
    if (!abandoning.signal.aborted) await connection.command('SELECT 1', undefined, KILL_MS).catch(() => {});
  }

  /** One at a time, since a connection runs one statement at a time. Never rejects. */
  #kill(tag: string, hasEnded: () => boolean): Promise<void> {
    this.#killer ??= this.#openKiller();
    const killer = this.#killer;
    const statement = `KILL QUERY WHERE Settings['log_comment'] = '${tag}' ASYNC`;
    this.#lastKill = this.#lastKill
      .then(() => (hasEnded() ? undefined : killer.command(statement, undefined, KILL_MS)))
      .catch(() => {});
    return this.#lastKill;
  }
}
