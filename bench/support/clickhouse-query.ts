import type { Stage } from './stage.ts';

/** Sends a statement to ClickHouse as it is, over HTTP. @returns its rows; 64-bit integers are digits. */
export async function queryClickHouse<Row extends object>(stage: Stage, text: string): Promise<readonly Row[]> {
  const { clickhouse, environment } = stage.deployment.stores;
  const { username, password, pathname } = new URL(environment('replicate').ATLAS_CLICKHOUSE_URL ?? '');
  const settings = `database=${pathname.slice(1)}&output_format_json_quote_64bit_integers=1`;
  const url = `http://127.0.0.1:${clickhouse.port}/?${settings}`;
  const headers = { 'x-clickhouse-user': username, 'x-clickhouse-key': password };
  const response = await fetch(url, { method: 'POST', headers, body: `${text} FORMAT JSONEachRow` });
  const body = await response.text();
  if (!response.ok) throw new Error(body);
  return body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}
