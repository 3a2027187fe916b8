import type { PostgresDatabase, PostgresSession } from '../../../connections/postgres/postgres-database.ts';

/** A transaction that stays open between statements of different callers. All of its statements see one snapshot. */
export interface HeldTransaction {
  readonly session: PostgresSession;
  /** Ends it. Never rejects: it has written nothing. */
  end(): Promise<void>;
}

/**
 * Opens a transaction with REPEATABLE READ. The snapshot is taken by its first statement.
 * @throws as PostgresDatabase.transaction, if it does not open.
 */
export function holdTransaction(database: PostgresDatabase, signal: AbortSignal): Promise<HeldTransaction> {
  return new Promise((resolve, reject) => {
    let release = (): void => {};
    const released = new Promise<void>((done) => {
      release = done;
    });
    const ended = database.transaction(
      (session) => {
        resolve({
          session,
          end: () => {
            release();
            return ended.catch(() => {});
          },
        });
        return released;
      },
      'REPEATABLE READ',
      signal,
    );
    ended.catch(reject);
  });
}
