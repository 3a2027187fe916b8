import { beforeAll, expect, it } from 'vitest';
import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { DatabaseError } from '../../../src/connections/database-error.ts';

/** One second and 200 MB for a statement. */
export const LIMITS = { timeoutMs: 1_000, memoryBytes: 200_000_000 };

/** What holds for every way to reach ClickHouse. `database` is there from the first `beforeAll` on, with `LIMITS`. */
export function conformsToClickHouseDatabase(database: () => ClickHouseDatabase): void {
  beforeAll(() =>
    database().command('CREATE TABLE thing (id UInt64, name Nullable(String)) ENGINE = MergeTree ORDER BY id'),
  );

  it('gives back what was inserted, with 64-bit integers as strings', async () => {
    const rows = [
      { id: '18446744073709551615', name: "; SELECT 1;\n\n'\\" },
      { id: '2', name: null },
    ];
    await database().insert('thing', rows);
    expect(await database().query('SELECT * FROM thing ORDER BY id DESC')).toEqual(rows);
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
    '\r\n--x&y=z%20+\r\n',
  ])('binds %j as it is', async (text) => {
    const [row] = await database().query('SELECT hex({text:String}) AS one, hex({many:Array(String)}[2]) AS other', {
      text,
      many: ['x', text],
    });
    const hex = Buffer.from(text).toString('hex').toUpperCase();
    expect(row).toEqual({ one: hex, other: hex });
  });

  it('binds more than a URL holds', async () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => 2n ** 62n + BigInt(index));
    const [row] = await database().query(
      'SELECT length({ids:Array(UInt64)}) AS count, {ids:Array(UInt64)}[-1] AS last',
      {
        ids,
      },
    );
    expect(row).toEqual({ count: '10000', last: String(2n ** 62n + 9_999n) });
  });

  it('binds numbers, booleans, null and lists of 64-bit integers', async () => {
    const [row] = await database().query(
      'SELECT {number:Float64} AS number, {boolean:Bool} AS boolean, {none:Nullable(Int64)} AS none, {ids:Array(UInt64)} AS ids',
      { number: 1.5, boolean: true, none: null, ids: [18446744073709551615n, 2n] },
    );
    expect(row).toEqual({ number: 1.5, boolean: true, none: null, ids: ['18446744073709551615', '2'] });
  });

  it('ends a statement that takes too long with TIMEOUT', async () => {
    const endless = database().query('SELECT sum(sipHash64(number)) FROM numbers(1000000000000)');
    await expect(endless).rejects.toMatchObject({ name: 'AtlasError', code: 'TIMEOUT' });
  });

  it('ends a statement that takes too much memory with LIMIT_EXCEEDED', async () => {
    const greedy = database().query('SELECT length(groupArray(number)) FROM numbers(100000000)');
    await expect(greedy).rejects.toMatchObject({ name: 'AtlasError', code: 'LIMIT_EXCEEDED' });
  });

  it('reports a statement that is wrong as a DatabaseError with the number of the error', async () => {
    const error = await database()
      .query('SELECT missing FROM thing')
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ code: 47 });
  });

  it('refuses a column that a table does not have', async () => {
    await expect(database().insert('thing', [{ id: 1, colour: 'red' }])).rejects.toMatchObject({ code: 117 });
  });
}
