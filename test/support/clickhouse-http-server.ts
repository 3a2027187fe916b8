import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { createChdbConnection } from 'chdb/connection';

/**
 * The real engine behind the part of ClickHouse's HTTP interface that `@clickhouse/client` uses, as a separate process because
 * the engine supports one data path per process. Arguments: the data path, and the port or 0. User, password and
 * database are set in the environment, as for the Docker image. Prints the port on stdout; exits when stdin ends.
 */
const [path = '', requestedPort = '0'] = process.argv.slice(2);
const { CLICKHOUSE_USER = 'default', CLICKHOUSE_PASSWORD = '', CLICKHOUSE_DB = 'default' } = process.env;
const AUTHORIZATION = `Basic ${Buffer.from(`${CLICKHOUSE_USER}:${CLICKHOUSE_PASSWORD}`).toString('base64')}`;
/** All other parameters of a URL are settings. */
const NOT_SETTINGS = new Set(['query', 'query_id', 'database']);
/** Settings of HTTP alone, which the engine's adapter handles. */
const OF_TRANSPORT = /^(wait_end_of_query|default_format|enable_http_compression|send_progress_.*|http_.*)$/;
const FAREWELL_MS = 2_000;

interface Statement {
  readonly query: string;
  readonly database: string | null;
  /** Settings, including query parameters (`param_…`). */
  readonly settings: Readonly<Record<string, string>>;
}

interface EngineError extends Error {
  readonly code: string;
}

/** Keeps the engine running between requests. */
const engine = createChdbConnection({ path });
await run({ query: `CREATE DATABASE IF NOT EXISTS ${CLICKHOUSE_DB}`, database: null, settings: {} });

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => response.destroy(error as Error));
});
server.listen(Number(requestedPort), '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.stdin.resume().once('end', () => {
  setTimeout(() => server.closeAllConnections(), FAREWELL_MS).unref();
  server.close(() => void engine.close());
  server.closeIdleConnections();
});

/** The client sends the second form if it is given the certificate of an authority. */
function isAuthenticated({ headers }: IncomingMessage): boolean {
  return (
    headers.authorization === AUTHORIZATION ||
    (headers['x-clickhouse-user'] === CLICKHOUSE_USER && headers['x-clickhouse-key'] === CLICKHOUSE_PASSWORD)
  );
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/ping') {
    response.end('Ok.\n');
    return;
  }
  const body = await buffer(request);
  if (!isAuthenticated(request)) {
    refuse(response, 403, '516', 'Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)');
    return;
  }
  const statement = await statementOf(url, request.headers['content-type'] ?? '', body);
  try {
    const result = await run(statement);
    response.setHeader('X-ClickHouse-Query-Id', url.searchParams.get('query_id') ?? '');
    response.setHeader('X-ClickHouse-Summary', '{}');
    response.end(result);
  } catch (error) {
    const { code, message, cause } = error as EngineError;
    refuse(response, 500, code, cause instanceof Error ? cause.message : message);
  }
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'X-ClickHouse-Exception-Code': code, 'Content-Type': 'text/plain; charset=UTF-8' });
  response.end(`${message}\n`);
}

/** The query is the one in the URL followed by the body. A form contains the query and its parameters as parts. */
async function statementOf(url: URL, contentType: string, body: Buffer): Promise<Statement> {
  const given = new Map(url.searchParams);
  if (contentType.startsWith('multipart/form-data')) {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
    for (const [name, value] of form) given.set(name, String(value));
  } else {
    given.set('query', [given.get('query'), body.toString()].filter((part) => part !== undefined).join('\n'));
  }
  const settings: Record<string, string> = {};
  for (const [name, value] of given) {
    if (NOT_SETTINGS.has(name)) continue;
    settings[name] = name.startsWith('param_') ? literal(value) : value;
  }
  return { query: given.get('query') ?? '', database: given.get('database') ?? null, settings };
}

/** The engine takes parameters from a statement, `SET param_x = '…'`, so the escapes in the value are escaped again. */
function literal(value: string): string {
  return value.replaceAll('\0', '\\0').replaceAll('\\', '\\\\');
}

/** Each request has its own connection, so that it leaves no state for the next one. */
async function run({ query, database, settings }: Statement): Promise<string> {
  const connection = createChdbConnection({ path });
  const [own, ofTransport] = partition(Object.entries(settings), ([name]) => !OF_TRANSPORT.test(name));
  const before = [
    ...(database === null ? [] : [`USE \`${database}\``]),
    // One statement for all of them: the engine takes as long for each SET as for a small query.
    ...(own.length === 0 ? [] : [`SET ${own.map(([name, value]) => `${name} = ${quoted(value)}`).join(', ')}`]),
  ];
  try {
    const { stream } = await connection.query({
      query: [...before, query].join('; '),
      clickhouse_settings: Object.fromEntries(ofTransport),
    });
    return await text(stream);
  } finally {
    await connection.close();
  }
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): readonly [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}
