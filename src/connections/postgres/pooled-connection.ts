import pg from 'pg';
import { AtlasError } from '../../domain/errors.ts';
import { overLimit } from '../../domain/over-limit.ts';
import { SourceError } from '../../domain/source-error.ts';
import { askUntilEnded } from '../../lib/abort.ts';
import { DatabaseError } from '../database-error.ts';
import { BoundedQuery, type QueryResult } from './bounded-query.ts';
import { requestCancel } from './cancel-request.ts';
import type { PostgresSession, Statement } from './postgres-database.ts';
import { down, type ServerName, translateStatementError } from './translate-postgres-error.ts';

export interface StatementLimits {
  /** Longest run of one statement on the server; 0: no limit. */
  readonly statementTimeoutMs: number;
  /** Longest wait for a cancel request to take effect. */
  readonly cancelTimeoutMs: number;
  /** Largest result of one statement, in bytes of the protocol. */
  readonly maxBytes: number;
}

/** The server ends a statement at its time limit. If it has not done so this much later, it counts as dead. */
const SILENCE_MS = 2_000;

const CANCELLED = '57014';
const LOCK_NOT_AVAILABLE = '55P03';
const FAILED_TRANSACTION = { sqlState: '25P02' };
const COMMIT: Statement = { text: 'COMMIT', values: [] };
const ROLLBACK: Statement = { text: 'ROLLBACK', values: [] };

/** A prepared statement takes memory on the server until its connection ends. One that holds more of them is replaced. */
const MOST_PREPARED = 200;

/** A plan that suits a small table is slow on one that has grown, and the server notices that only when it analyzes the table. */
const PLAN_LIFETIME_MS = 10_000;

interface ClientState {
  isLost: boolean;
  /** When each plan that is kept was made; 0 for the other prepared statements. */
  readonly prepared: Map<string, number>;
}

const states = new WeakMap<pg.Client, ClientState>();

/** Call it once per client, before a `PooledConnection` uses it. */
export function trackClient(client: pg.Client): void {
  const state: ClientState = { isLost: false, prepared: new Map() };
  const lose = () => {
    state.isLost = true;
  };
  client.on('error', lose);
  client.on('end', lose);
  states.set(client, state);
}

/**
 * One connection, lent to one caller. The driver's errors are translated here, at the call that raised them. A call that
 * is aborted rejects immediately, while its statement is cancelled on the server; the connection is used again only if that
 * is known to have succeeded.
 */
export class PooledConnection {
  readonly #client: pg.PoolClient;
  readonly #state: ClientState;
  readonly #server: ServerName;
  readonly #limits: StatementLimits;
  #isUsable = true;
  #isReleased = false;
  #isInTransaction = false;
  /** Why no further statement is run. */
  #stopped: { readonly reason: unknown } | null = null;
  #cancelling: Promise<void> | null = null;

  constructor(client: pg.PoolClient, server: ServerName, limits: StatementLimits) {
    const state = states.get(client);
    if (state === undefined) throw new TypeError('The client is not tracked');
    this.#client = client;
    this.#state = state;
    this.#server = server;
    this.#limits = limits;
  }

  /** @throws SourceError, AtlasError LIMIT_EXCEEDED, DatabaseError, or the signal's reason. */
  async query<Row extends object>(statement: Statement, signal?: AbortSignal): Promise<Row[]> {
    return (await this.#run(statement, signal)).rows as Row[];
  }

  /** A COMMIT that has been sent is never cancelled, because its outcome would be unknown. */
  async transaction<T>(
    work: (session: PostgresSession) => Promise<T>,
    isolation: string,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    await this.#run({ text: `BEGIN ISOLATION LEVEL ${isolation}`, values: [] }, signal);
    this.#isInTransaction = true;
    try {
      const result = await work({ query: (statement, own = signal) => this.query(statement, own) });
      signal?.throwIfAborted();
      const { command } = await this.#run(COMMIT);
      this.#isInTransaction = false;
      if (command !== 'COMMIT')
        throw new DatabaseError('A failed statement rolled the transaction back', FAILED_TRANSACTION);
      return result;
    } catch (error) {
      if (this.#stopped === null) await this.#rollback();
      throw error;
    }
  }

  /** Returns the connection to the pool once none of the caller's statements can run on it any more, or closes it. */
  async release(): Promise<void> {
    if (this.#cancelling !== null) await this.#cancelling;
    this.#stopped = null;
    if (this.#isInTransaction) await this.#rollback();
    this.#isReleased = true;
    this.#client.release(!this.#isUsable || this.#state.prepared.size > MOST_PREPARED);
  }

  async #rollback(): Promise<void> {
    if (!this.#isInTransaction || !this.#isUsable) return;
    this.#isInTransaction = false;
    await this.#run(ROLLBACK).catch(() => {
      this.#isUsable = false;
    });
  }

  #run(statement: Statement, signal?: AbortSignal): Promise<QueryResult> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#isReleased) return Promise.reject(new Error('The connection has been released'));
    if (this.#stopped !== null) return Promise.reject(this.#stopped.reason);
    const planAnew = this.#prepares(statement);
    const { statementTimeoutMs, maxBytes } = this.#limits;
    return new Promise((resolve, reject) => {
      let end: ((error: Error | null) => void) | null = null;
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      let isStopped = false;
      const stop = (reason: unknown) => {
        isStopped = true;
        leave();
        reject(reason);
        this.#stopped ??= { reason };
        // A transaction may have sent several statements; the end of the first one fails the others.
        this.#cancelling ??= this.#cancel(
          new Promise((settle) => {
            end = settle;
          }),
        );
      };
      const onAbort = () => stop(signal?.reason);
      const onSilence = () => {
        leave();
        this.#isUsable = false;
        reject(down(this.#server));
      };
      const timer = statementTimeoutMs === 0 ? undefined : setTimeout(onSilence, statementTimeoutMs + SILENCE_MS);
      const query = new BoundedQuery(
        statement,
        { maxBytes, planAnew },
        {
          onEnd: (error, result) => {
            leave();
            end?.(error);
            if (error === null) resolve(result);
            else if (!isStopped) reject(this.#translate(error));
          },
          onTooLarge: () => {
            if (!isStopped) stop(tooLarge(maxBytes));
          },
        },
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#client.query(query);
    });
  }

  /** @returns whether the statement is prepared, but its plan must be made again. */
  #prepares({ name, plan }: Statement): boolean {
    if (name === undefined) return false;
    const { prepared } = this.#state;
    if (plan !== 'kept') {
      prepared.set(name, 0);
      return false;
    }
    const now = performance.now();
    const plannedAt = prepared.get(name);
    if (plannedAt !== undefined && now - plannedAt < PLAN_LIFETIME_MS) return false;
    prepared.set(name, now);
    return plannedAt !== undefined;
  }

  /**
   * The connection stays usable only if the server has processed every cancel request, and one of them ended the
   * statement: otherwise one could still be on its way to the next statement.
   */
  async #cancel(ended: Promise<Error | null>): Promise<void> {
    const { cancelTimeoutMs } = this.#limits;
    let areAllProcessed = true;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, cancelTimeoutMs, null);
    });
    const outcome = Promise.race([ended, tooLate]);
    await askUntilEnded(outcome, async () => {
      areAllProcessed = (await requestCancel(this.#client, cancelTimeoutMs)) && areAllProcessed;
    });
    clearTimeout(timer);
    const error = await outcome;
    if (!(areAllProcessed && error instanceof pg.DatabaseError && error.code === CANCELLED)) this.#isUsable = false;
  }

  #translate(error: Error): unknown {
    const translated = translateStatementError(error, this.#server, this.#state.isLost || isDead(this.#client));
    if (!leavesConnectionUsable(error, translated)) this.#isUsable = false;
    return translated;
  }
}

/** A connection may be lost before it is tracked. The types of pg do not declare what it knows of that. */
function isDead(client: pg.PoolClient): boolean {
  return (client as unknown as { readonly _queryable?: boolean })._queryable === false;
}

/** An error that is not the server's own leaves the connection in an unknown state; most about the server end it. */
function leavesConnectionUsable(error: Error, translated: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  return !(translated instanceof SourceError) || error.code === CANCELLED || error.code === LOCK_NOT_AVAILABLE;
}

function tooLarge(maxBytes: number): AtlasError {
  return new AtlasError('LIMIT_EXCEEDED', `The result is larger than ${maxBytes} bytes; request fewer entities.`, {
    hint: overLimit('Request fewer entities', 'ATLAS_MAX_READ_BYTES'),
  });
}
