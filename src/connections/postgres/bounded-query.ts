import pg from 'pg';
import type { Statement, StatementTenant } from './postgres-database.ts';

export interface QueryResult {
  readonly rows: object[];
  /** The command's tag: `COMMIT` or `ROLLBACK`, for example. */
  readonly command: string;
}

export interface QueryOptions {
  readonly maxBytes: number;
  /** Whether the statement's plan has been kept for long enough. */
  readonly planAnew: boolean;
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

/** What pg knows of the columns of a result, and keeps with the rows. */
interface Columns {
  readonly fields: unknown;
  readonly _parsers: unknown;
  readonly _prebuiltEmptyResultObject: unknown;
}

/** What pg does with a query, which its types do not declare. */
interface ProtocolQuery extends RowReceiver {
  requiresPreparation(): boolean;
  hasBeenParsed(connection: ProtocolConnection): boolean;
  prepare(connection: ProtocolConnection): void;
  handleRowDescription(message: object): void;
  handleCommandComplete(message: object, connection: ProtocolConnection): void;
}

interface ProtocolConnection {
  /** Texts by name. */
  readonly parsedStatements: Record<string, string>;
  close(message: { readonly type: 'S'; readonly name: string }): void;
  describe(message: object): void;
  bind(message: { readonly statement: string; readonly values: readonly string[] }): void;
  execute(message: { readonly portal: string; readonly rows: number }): void;
}

const inherited = pg.Query.prototype as unknown as ProtocolQuery;

/** The prepared statements of one connection whose columns are known. */
interface Described {
  /** By name. */
  readonly columns: Map<string, Columns>;
  /** The connection, but it asks for no description. */
  readonly silent: ProtocolConnection;
}

const describedOf = new WeakMap<ProtocolConnection, Described>();

function described(connection: ProtocolConnection): Described {
  let known = describedOf.get(connection);
  if (known === undefined) {
    known = { columns: new Map(), silent: Object.create(connection, { describe: { value: () => {} } }) };
    describedOf.set(connection, known);
  }
  return known;
}

const SET_TENANT = "set_config('atlas.tenant_id', $1, true) IS NULL";
const KEEP_PLAN = "set_config('plan_cache_mode', 'force_generic_plan', true) IS NULL";
const PLAN_FOR_VALUES = "set_config('plan_cache_mode', 'force_custom_plan', true) IS NULL";
/** How the policies of the tables write the tenant `all`. */
const EVERY_TENANT = -1;
/** Part of each session. They return no row: nothing but their end has to be taken out of the answer. */
export const PREPARE_TENANT = `
PREPARE atlas_tenant (text) AS SELECT WHERE ${SET_TENANT};
PREPARE atlas_tenant_keep_plan (text) AS SELECT WHERE ${SET_TENANT} OR ${KEEP_PLAN};
PREPARE atlas_tenant_plan_for_values (text) AS SELECT WHERE ${SET_TENANT} OR ${PLAN_FOR_VALUES}`;

/**
 * A statement whose result is counted in bytes as it arrives. If it has a tenant, that is set in front of it, in the same
 * implicit transaction and without a round trip of its own; outside of an explicit transaction, it ends with the statement.
 *
 * A prepared statement is described at its first execution on a connection only: the server refuses to execute it once its columns have
 * other names or types ("cached plan must not change result type").
 */
export class BoundedQuery extends pg.Query implements Omit<ProtocolQuery, 'hasBeenParsed'> {
  // What pg reads of a query. It takes longer to copy an object with them than to send them.
  declare name: string;
  declare values: readonly unknown[];
  declare _result: Columns;
  declare _accumulateRows: boolean;
  readonly #maxBytes: number;
  readonly #onTooLarge: () => void;
  readonly #tenant: StatementTenant | null;
  readonly #plan: Statement['plan'];
  readonly #planAnew: boolean;
  /** Of the connection, if the statement is described. */
  #learned: Map<string, Columns> | null = null;
  /** Whether the end of the statement that sets the tenant is yet to come. */
  #isSettingTenant = false;
  #bytes = 0;

  constructor(
    { name, text, values, tenant, plan }: Statement,
    { maxBytes, planAnew }: QueryOptions,
    { onEnd, onTooLarge }: QueryHandlers,
  ) {
    super(text, (error: Error | undefined, result: QueryResult) => onEnd(error ?? null, result));
    this.values = [...values];
    if (name !== undefined) this.name = name;
    this.#maxBytes = maxBytes;
    this.#onTooLarge = onTooLarge;
    this.#tenant = tenant ?? null;
    this.#plan = name === undefined ? undefined : plan;
    this.#planAnew = planAnew;
  }

  requiresPreparation(): boolean {
    return this.#tenant !== null || inherited.requiresPreparation.call(this);
  }

  prepare(connection: ProtocolConnection): void {
    if (this.#tenant !== null) {
      this.#isSettingTenant = true;
      connection.bind({
        statement: this.#setting(),
        values: [String(this.#tenant === 'all' ? EVERY_TENANT : this.#tenant)],
      });
      connection.execute({ portal: '', rows: 0 });
    }
    if (this.#planAnew && this.name in connection.parsedStatements) {
      connection.close({ type: 'S', name: this.name });
      delete connection.parsedStatements[this.name];
    }
    const { columns, silent } = described(connection);
    const known = inherited.hasBeenParsed.call(this, connection) ? columns.get(this.name) : undefined;
    if (known === undefined) {
      this.#learned = columns;
      inherited.prepare.call(this, connection);
    } else {
      Object.assign(this._result, known);
      this._accumulateRows = true;
      inherited.prepare.call(this, silent);
    }
  }

  /** What is sent in front of it. */
  #setting(): string {
    if (this.#plan === undefined) return 'atlas_tenant';
    return this.#plan === 'kept' ? 'atlas_tenant_keep_plan' : 'atlas_tenant_plan_for_values';
  }

  handleRowDescription(message: object): void {
    inherited.handleRowDescription.call(this, message);
    if (this.name === undefined) return;
    const { fields, _parsers, _prebuiltEmptyResultObject } = this._result;
    this.#learned?.set(this.name, { fields, _parsers, _prebuiltEmptyResultObject });
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
