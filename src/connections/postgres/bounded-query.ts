import pg from 'pg';
import type { Statement, StatementTenant } from './postgres-database.ts';

export interface QueryResult {
  readonly rows: object[];
  /** The command's tag: `COMMIT` or `ROLLBACK`, for example. */
  readonly command: string;
}

export interface QueryHandlers {
  /** Called once, when the server or the loss of the connection has ended the statement. */
  onEnd(error: Error | null, result: QueryResult): void;
  /** Called once, as soon as the rows exceed `maxBytes`. What arrives from then on is dropped. */
  onTooLarge(): void;
}

/** How a query receives a row, which pg's types do not declare. `length` is that of the message, in bytes. */
interface RowReceiver {
  handleDataRow(message: { readonly length: number }): void;
}

/** What pg does with a query, which its types do not declare. */
interface ProtocolQuery extends RowReceiver {
  requiresPreparation(): boolean;
  prepare(connection: ProtocolConnection): void;
  handleCommandComplete(message: object, connection: ProtocolConnection): void;
}

interface ProtocolConnection {
  bind(message: { readonly statement: string; readonly values: readonly string[] }): void;
  execute(message: { readonly portal: string; readonly rows: number }): void;
}

const inherited = pg.Query.prototype as unknown as ProtocolQuery;

const TENANT_STATEMENT = 'atlas_tenant';
/** How the policies of the tables write the tenant `all`. */
const EVERY_TENANT = -1;
/** Part of each session. It returns no row: nothing but its end has to be taken out of the answer. */
export const PREPARE_TENANT = `PREPARE ${TENANT_STATEMENT} (text) AS SELECT WHERE set_config('atlas.tenant_id', $1, true) IS NULL`;

/**
 * A statement whose result is counted in bytes as it arrives. If it has a tenant, that is set in front of it, in the same
 * implicit transaction and without a round trip of its own; outside of an explicit transaction, it ends with the statement.
 */
export class BoundedQuery extends pg.Query implements ProtocolQuery {
  readonly #maxBytes: number;
  readonly #onTooLarge: () => void;
  readonly #tenant: StatementTenant | null;
  /** Whether the end of the statement that sets the tenant is yet to come. */
  #isSettingTenant = false;
  #bytes = 0;

  constructor({ name, text, values, tenant }: Statement, maxBytes: number, { onEnd, onTooLarge }: QueryHandlers) {
    super({ text, values: [...values], ...(name === undefined ? {} : { name }) }, (error, result) =>
      onEnd(error ?? null, result),
    );
    this.#maxBytes = maxBytes;
    this.#onTooLarge = onTooLarge;
    this.#tenant = tenant ?? null;
  }

  requiresPreparation(): boolean {
    return this.#tenant !== null || inherited.requiresPreparation.call(this);
  }

  prepare(connection: ProtocolConnection): void {
    if (this.#tenant !== null) {
      this.#isSettingTenant = true;
      connection.bind({
        statement: TENANT_STATEMENT,
        values: [String(this.#tenant === 'all' ? EVERY_TENANT : this.#tenant)],
      });
      connection.execute({ portal: '', rows: 0 });
    }
    inherited.prepare.call(this, connection);
  }

  handleCommandComplete(message: object, connection: ProtocolConnection): void {
    if (this.#isSettingTenant) this.#isSettingTenant = false;
    else inherited.handleCommandComplete.call(this, message, connection);
  }

  handleDataRow(message: { readonly length: number }): void {
    const wasWithin = this.#bytes <= this.#maxBytes;
    this.#bytes += message.length;
    if (this.#bytes <= this.#maxBytes) inherited.handleDataRow.call(this, message);
    else if (wasWithin) this.#onTooLarge();
  }
}
