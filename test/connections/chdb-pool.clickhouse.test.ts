import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChdb } from '../../src/connections/chdb-pool.ts';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse-database.ts';
import { temporaryDirectory } from '../support/run-directory.ts';
import { conformsToClickHouseDatabase, LIMITS } from './clickhouse-database.conformance.ts';

describe('ClickHouse in this process', () => {
  let path: string;
  let clickhouse: ClickHouseDatabase;

  beforeAll(async () => {
    path = temporaryDirectory('chdb-pool');
    clickhouse = await openChdb(path, { ...LIMITS, connections: 2 });
  });
  afterAll(async () => {
    await clickhouse?.close();
    rmSync(path, { recursive: true, force: true });
  });

  conformsToClickHouseDatabase(() => clickhouse);

  it('binds values of many megabytes', async () => {
    const text = "it's \\ long ".repeat(500_000);
    const rows = await clickhouse.query<{ length: number }>('SELECT lengthUTF8({text:String}) AS length', { text });
    expect(rows.map(({ length }) => Number(length))).toEqual([text.length]);
  });

  it('runs bound statements side by side, as many as it has connections', async () => {
    const running = Array.from({ length: 2 }, (_, n) =>
      clickhouse.query<{ started: string }>(
        'SELECT toUnixTimestamp64Milli(now64(3)) AS started, sleep(0.5), {n:Int32} AS n',
        { n },
      ),
    );
    const [first, second] = (await Promise.all(running)).map((rows) => Number(rows[0]?.started));
    expect(Math.abs(Number(first) - Number(second))).toBeLessThan(450);
  });
});
