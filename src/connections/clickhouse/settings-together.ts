import type { ClickHouseSettings, createClient } from '@clickhouse/client';

/** What the client sends its statements through. */
export type ClientConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>;

/** The driver of the engine in this process handles these itself. */
const OF_TRANSPORT: ReadonlySet<string> = new Set(['wait_end_of_query', 'default_format']);

interface Statement {
  readonly query: string;
  readonly clickhouse_settings?: ClickHouseSettings;
}

/**
 * The driver of the engine in this process sends one SET for every setting and bound parameter of a statement, each a statement of its own for
 * the engine. Here one SET holds them all.
 */
export function settingsTogether(connection: ClientConnection): ClientConnection {
  return {
    query: (params) => connection.query(together(params)),
    exec: (params) => connection.exec(together(params)),
    command: (params) => connection.command(together(params)),
    insert: (params) => connection.insert(together(params)),
    ping: (params) => connection.ping(params),
    close: () => connection.close(),
  };
}

function together<T extends Statement>(statement: T): T {
  const settings = Object.entries(statement.clickhouse_settings ?? {}).filter(([, value]) => value !== undefined);
  const own = settings.filter(([name]) => !OF_TRANSPORT.has(name));
  if (own.length === 0) return statement;
  const set = `SET ${own.map(([name, value]) => `${name} = ${literal(value)}`).join(', ')}`;
  const ofTransport = Object.fromEntries(settings.filter(([name]) => OF_TRANSPORT.has(name)));
  return { ...statement, query: `${set}; ${statement.query}`, clickhouse_settings: ofTransport };
}

/** As the driver writes a setting: quotes are doubled, nothing else is escaped. */
function literal(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  return `'${String(value).replaceAll("'", "''")}'`;
}
