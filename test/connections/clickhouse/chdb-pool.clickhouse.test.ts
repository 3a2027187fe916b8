import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChdb } from '../../../src/connections/clickhouse/chdb-pool.ts';
import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { temporaryDirectory } from '../../support/run-directory.ts';
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

  it('runs as many bound statements concurrently as it has connections', async () => {
    const ended: string[] = [];
    const slow = clickhouse.query('SELECT sleep(0.8), {n:Int32} AS n', { n: 1 }).then(() => ended.push('slow'));
    await clickhouse.query('SELECT {n:Int32} AS n', { n: 2 }).then(() => ended.push('quick'));
    await slow;
    expect(ended).toEqual(['quick', 'slow']);
  });
});
