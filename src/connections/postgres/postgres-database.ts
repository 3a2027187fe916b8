import type { ShardId, TenantId } from '../../domain/identifiers.ts';

/** Whose rows a statement may see and change; `all`: it reads the attribute definitions of every tenant, but no entities. */
export type StatementTenant = TenantId | 'all';

/** One statement. Values are always bound. A name makes it a prepared statement: same name, same text, always. */
export interface Statement {
  readonly name?: string;
  /**
   * Sent with the statement, in the same message, and valid until the end of the transaction. The database shows the role
   * atlas_serve no rows of any other tenant, whatever the text says, and none at all without it.
   */
  readonly tenant?: StatementTenant;
  /**
   * How a statement with a name and a tenant is planned. `kept`: once for all values, where the best plan is the same for every one; it is made again every few
   * seconds, because tables grow. `for values`: for the values of each execution, where a plan for any would read all entities for some. Not given: as the
   * server decides after five executions by what both should cost. It takes a plan for all partitions to be dearer than it is, although all but one are pruned.
   */
  readonly plan?: 'kept' | 'for values';
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface PostgresSession {
  /**
   * Rows as objects. int8 and numeric arrive as strings, timestamps and jsonb parsed (Date, JSON value).
   *
   * @param signal when it aborts, the call rejects immediately with its reason, and the statement is cancelled on the server.
   * @throws SourceError SHARD_UNAVAILABLE | TIMEOUT; AtlasError LIMIT_EXCEEDED if the result has too many bytes; or a
   * DatabaseError (`sqlState`) if the statement itself failed.
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
  /**
   * BEGIN … COMMIT on one connection; ROLLBACK if `work` throws.
   *
   * @param signal applies to every statement of `work`. A COMMIT that has been sent is not cancelled.
   */
  transaction<T>(
    work: (session: PostgresSession) => Promise<T>,
    isolation?: 'READ COMMITTED' | 'REPEATABLE READ',
    signal?: AbortSignal,
  ): Promise<T>;
  close(): Promise<void>;
}
