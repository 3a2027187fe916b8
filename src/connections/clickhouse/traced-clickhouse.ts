import type { TenantId } from '../../domain/identifiers.ts';
import type { SpanAttributes, Tracing } from '../../observability/tracing.ts';
import { serverAttributes } from '../server-attributes.ts';
import type { ClickHouseParameters, ClickHouseSession } from './clickhouse-database.ts';

/** ClickHouse, whose queries have spans, with their text, which holds no values, and without the parameters. The wait for a connection counts. */
export class TracedClickHouse implements ClickHouseSession {
  readonly #server: ClickHouseSession;
  readonly #tracing: Tracing;
  readonly #attributes: SpanAttributes;

  /** @param url of the server, or of several, of which the first is named; null: it runs in this process. */
  constructor(server: ClickHouseSession, url: string | null, tracing: Tracing) {
    this.#server = server;
    this.#tracing = tracing;
    this.#attributes = {
      'db.system.name': 'clickhouse',
      ...(url !== null && serverAttributes(url.split(' ')[0] ?? '', 8123)),
    };
  }

  get serverChanges(): number {
    return this.#server.serverChanges;
  }

  query<Row extends object>(
    text: string,
    parameters?: ClickHouseParameters,
    signal?: AbortSignal,
    tenant?: TenantId,
  ): Promise<Row[]> {
    const attributes = { ...this.#attributes, 'db.query.text': text };
    return this.#tracing.span('SELECT', { kind: 'client', attributes }, async (span) => {
      const rows = await this.#server.query<Row>(text, parameters, signal, tenant);
      span.set({ 'db.response.returned_rows': rows.length });
      return rows;
    });
  }

  catchUp(tables: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#server.catchUp(tables, signal);
  }
}
