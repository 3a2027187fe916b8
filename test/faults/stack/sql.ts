import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** One statement on a connection of its own, within a limit. */
export async function sql<Row extends object>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 60_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

const LONGEST_OUTAGE_MS = 60_000;

/** The same on a server that another fault may have taken away for a while. The statement must be one that may run twice. */
export async function sqlOnceBack(url: string, text: string): Promise<void> {
  const deadline = performance.now() + LONGEST_OUTAGE_MS;
  for (;;) {
    try {
      await sql(url, text);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(100);
    }
  }
}
