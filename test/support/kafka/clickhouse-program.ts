/**
 * ClickHouse in a process of its own, to which statements come line by line, as JSON: `clickhouse-program.ts <directory>`. Once a ClickHouse has been closed in a
 * process, none there reads from Kafka any more.
 */
import { createInterface } from 'node:readline';
import { openChdb } from '../../../src/connections/clickhouse/chdb-pool.ts';

const [, , path = ''] = process.argv;
const engine = await openChdb(path, { connections: 2, timeoutMs: 60_000, memoryBytes: 1_000_000_000 });
for await (const line of createInterface({ input: process.stdin })) {
  const { text, hasResult } = JSON.parse(line) as { text: string; hasResult: boolean };
  try {
    const rows = hasResult ? await engine.query(text) : [];
    if (!hasResult) await engine.command(text);
    process.stdout.write(`${JSON.stringify({ rows })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`);
  }
}
