import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChdb } from '../../src/connections/chdb-pool.ts';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse-database.ts';
import { DatabaseError } from '../../src/connections/database-error.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

describe('ClickHouse in this process', () => {
  let path: string;
  let clickhouse: ClickHouseDatabase;

  beforeAll(async () => {
    path = temporaryDirectory('chdb-pool');
    clickhouse = await openChdb(path, { timeoutMs: 1_000, memoryBytes: 200_000_000, connections: 2 });
    await clickhouse.command('CREATE TABLE thing (id UInt64, name Nullable(String)) ENGINE = MergeTree ORDER BY id');
  });
  afterAll(async () => {
    await clickhouse?.close();
    rmSync(path, { recursive: true, force: true });
  });

  it('gives back what was inserted, with 64-bit integers as strings', async () => {
    const rows = [
      { id: '18446744073709551615', name: "; SELECT 1;\n\n'\\" },
      { id: '2', name: null },
    ];
    await clickhouse.insert('thing', rows);
    expect(await clickhouse.query('SELECT * FROM thing ORDER BY id DESC')).toEqual(rows);
  });

  it.each([
    "a'b",
    'ends in a backslash\\',
    "\\'; SELECT 1; --",
    'tab\tline\ncr\r',
    '\\N',
    'é😀',
    '',
    '\u0001',
    'a\0b',
    '{y:String}',
  ])('binds %j as it is', async (text) => {
    const [row] = await clickhouse.query('SELECT hex({text:String}) AS one, hex({many:Array(String)}[2]) AS other', {
      text,
      many: ['x', text],
    });
    const hex = Buffer.from(text).toString('hex').toUpperCase();
    expect(row).toEqual({ one: hex, other: hex });
  });

  it('binds numbers, booleans, null and lists of 64-bit integers', async () => {
    const [row] = await clickhouse.query(
      'SELECT {number:Float64} AS number, {boolean:Bool} AS boolean, {none:Nullable(Int64)} AS none, {ids:Array(UInt64)} AS ids',
      { number: 1.5, boolean: true, none: null, ids: [18446744073709551615n, 2n] },
    );
    expect(row).toEqual({ number: 1.5, boolean: true, none: null, ids: ['18446744073709551615', '2'] });
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

  it('ends a statement that takes too long with TIMEOUT', async () => {
    const endless = clickhouse.query('SELECT sum(sipHash64(number)) FROM numbers(1000000000000)');
    await expect(endless).rejects.toMatchObject({ name: 'AtlasError', code: 'TIMEOUT' });
  });

  it('ends a statement that takes too much memory with LIMIT_EXCEEDED', async () => {
    const greedy = clickhouse.query('SELECT length(groupArray(number)) FROM numbers(100000000)');
    await expect(greedy).rejects.toMatchObject({ name: 'AtlasError', code: 'LIMIT_EXCEEDED' });
  });

  it('reports a statement that is wrong as a DatabaseError with the number of the error', async () => {
    const error = await clickhouse.query('SELECT missing FROM thing').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ code: 47 });
  });

  it('refuses a column that a table does not have', async () => {
    await expect(clickhouse.insert('thing', [{ id: 1, colour: 'red' }])).rejects.toMatchObject({ code: 117 });
  });
});
