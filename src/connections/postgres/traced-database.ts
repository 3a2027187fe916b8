import type { SpanAttributes, Tracing } from '../../observability/tracing.ts';
import { serverAttributes } from '../server-attributes.ts';
import type { PostgresDatabase, PostgresSession, Statement } from './postgres-database.ts';

/** A database whose statements have spans, with their text, which holds no values, and without the values. The wait for a connection counts. */
export class TracedDatabase implements PostgresDatabase {
  readonly shard: PostgresDatabase['shard'];
  readonly role: PostgresDatabase['role'];
  readonly #database: PostgresDatabase;
  readonly #tracing: Tracing;
  readonly #attributes: SpanAttributes;

  /** @param url of the server; user and password are not taken. */
  constructor(database: PostgresDatabase, url: string, tracing: Tracing) {
    this.shard = database.shard;
    this.role = database.role;
    this.#database = database;
    this.#tracing = tracing;
    this.#attributes = {
      'db.system.name': 'postgresql',
      ...serverAttributes(url, 5432),
      'atlas.shard': database.shard,
      'atlas.server.role': database.role,
    };
  }

  query<Row extends object>(statement: Statement, signal?: AbortSignal): Promise<Row[]> {
    return this.#traced(statement, () => this.#database.query<Row>(statement, signal));
  }

  transaction<T>(
    work: (session: PostgresSession) => Promise<T>,
    isolation?: 'READ COMMITTED' | 'REPEATABLE READ',
    signal?: AbortSignal,
  ): Promise<T> {
    const attributes = { ...this.#attributes, 'db.operation.name': 'TRANSACTION' };
    return this.#tracing.span('TRANSACTION', { kind: 'client', attributes }, () =>
      this.#database.transaction(
        (session) =>
          work({
            query: <Row extends object>(statement: Statement, own?: AbortSignal) =>
              this.#traced(statement, () => session.query<Row>(statement, own ?? signal)),
          }),
        isolation,
        signal,
      ),
    );
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #traced<Row>({ name, text }: Statement, run: () => Promise<Row[]>): Promise<Row[]> {
    const summary = summaryOf(name, text);
    const attributes = { ...this.#attributes, 'db.query.summary': summary, 'db.query.text': text };
    return this.#tracing.span(summary, { kind: 'client', attributes }, async (span) => {
      const rows = await run();
      span.set({ 'db.response.returned_rows': rows.length });
      return rows;
    });
  }
}

/** Few, and for people: the name if it consists of words, otherwise (none, or a hash of the text) the first word of the statement. */
function summaryOf(name: string | undefined, text: string): string {
  if (name !== undefined && /^[a-z_]+$/.test(name)) return name;
  return /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? 'statement';
}
