import type { ShardId } from '../../domain/identifiers.ts';

/** One statement. Values are always bound. A name makes it a prepared statement: same name, same text, always. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface PostgresSession {
  /**
   * Rows as objects. int8 and numeric arrive as strings, timestamps and jsonb parsed (Date, JSON value).
   * @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT, or a DatabaseError (`sqlState`) where the statement itself failed.
   */
  query<Row extends object>(statement: Statement, signal?: AbortSignal): Promise<Row[]>;
}

/** One server of one shard, for single statements. */
export interface PostgresServer extends PostgresSession {
  readonly shard: ShardId;
  readonly role: 'primary' | 'replica';
}

/** A pool of connections to one server of one shard. */
export interface PostgresDatabase extends PostgresServer {
  /** BEGIN … COMMIT on one connection; ROLLBACK where `work` throws. */
  transaction<T>(
    work: (session: PostgresSession) => Promise<T>,
    isolation?: 'READ COMMITTED' | 'REPEATABLE READ',
  ): Promise<T>;
  close(): Promise<void>;
}
