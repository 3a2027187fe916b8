import { beforeAll, expect, it } from 'vitest';
import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { DatabaseError } from '../../../src/connections/database-error.ts';
import { startDeadline } from '../../../src/lib/deadline.ts';

/** One second, 200 MB and a result of 10 MB for a statement. */
export const LIMITS = { timeoutMs: 1_000, memoryBytes: 200_000_000, resultBytes: 10_000_000 };

const ENDLESS = 'SELECT sum(sipHash64(number)) FROM numbers(1000000000000)';
/** Ends by itself only after all tests, so an earlier end is due to a KILL. */
const UNLIMITED = `${ENDLESS} SETTINGS max_execution_time = 60`;

/**
 * What holds for every way to reach ClickHouse. `database` exists from the first `beforeAll` on, with `LIMITS` and two
 * connections.
 */
export function conformsToClickHouseDatabase(database: () => ClickHouseDatabase): void {
  beforeAll(() =>
    database().command('CREATE TABLE thing (id UInt64, name Nullable(String)) ENGINE = MergeTree ORDER BY id'),
  );

  it('shows a statement of a tenant no rows of another, and one of nobody all', async () => {
    const clickhouse = database();
    await clickhouse.command('CREATE TABLE IF NOT EXISTS audit (tenant_id UInt32) ORDER BY tenant_id');
    await clickhouse.insert('audit', [{ tenant_id: 1 }, { tenant_id: 2 }]);
    const seen = async (tenant?: number) => {
      const rows = await clickhouse.query<{ tenant_id: number }>(
        'SELECT tenant_id FROM audit AS a ORDER BY tenant_id',
        {},
        undefined,
        tenant,
      );
      return rows.map(({ tenant_id }) => tenant_id);
    };
    expect(await seen(2)).toEqual([2]);
    expect(await seen()).toEqual([1, 2]);
    expect(await seen(1)).toEqual([1]);
    await clickhouse.command('DROP TABLE audit');
  });

  it('returns what was inserted, with 64-bit integers as strings', async () => {
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
  ])('binds %j unchanged', async (text) => {
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
    await expect(database().query(ENDLESS)).rejects.toMatchObject({ code: 'TIMEOUT', outcome: 'slow' });
  });

  it('ends a statement that takes too much memory with LIMIT_EXCEEDED', async () => {
    const greedy = database().query('SELECT length(groupArray(number)) FROM numbers(100000000)');
    await expect(greedy).rejects.toMatchObject({ name: 'AtlasError', code: 'LIMIT_EXCEEDED' });
  });

  it('ends a statement whose result is too large with LIMIT_EXCEEDED', async () => {
    const large = database().query("SELECT repeat('x', 1000 + number % 2) AS x FROM numbers(100000)");
    await expect(large).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'The result is larger than 10000000 bytes; request fewer entities.',
    });
    const within = await database().query("SELECT repeat('x', 1000 + number % 2) AS x FROM numbers(5000)");
    expect(within).toHaveLength(5_000);
  });

  /** The running statements, except the one that lists them. */
  const running = () =>
    database().query("SELECT query FROM system.processes WHERE query NOT LIKE '%system.processes%'");

  it('kills a statement whose signal aborts, and rejects immediately with the reason', async () => {
    const reason = new Error('the client has gone');
    for (let round = 0; round < 3; round++) {
      const controller = new AbortController();
      const endless = database().query(UNLIMITED, { n: 1 }, controller.signal);
      await expect.poll(running).toHaveLength(1);
      controller.abort(reason);
      const abortedAt = performance.now();
      await expect(endless).rejects.toBe(reason);
      expect(performance.now() - abortedAt).toBeLessThan(200);
      await expect.poll(running, { timeout: 10_000 }).toEqual([]);
    }
  });

  it('kills a statement even if the abort overtakes it', async () => {
    const reason = new Error('the client has gone');
    for (const turns of [0, 1, 5]) {
      const controller = new AbortController();
      const endless = database().query(UNLIMITED, undefined, controller.signal);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      controller.abort(reason);
      await expect(endless).rejects.toBe(reason);
    }
    expect(await database().query('SELECT 1 AS one')).toHaveLength(1);
    await expect.poll(running, { timeout: 10_000 }).toEqual([]);
  });

  it('never lets a statement run longer than the rest of its request', async () => {
    const { signal } = startDeadline(300, () => new Error('too late'));
    const [row] = await database().query<{ value: string }>(
      "SELECT value FROM system.settings WHERE name = 'max_execution_time'",
      undefined,
      signal,
    );
    expect(Number(row?.value)).toBeGreaterThan(0);
    expect(Number(row?.value)).toBeLessThanOrEqual(0.3);
    const [next] = await database().query("SELECT value FROM system.settings WHERE name = 'max_execution_time'");
    expect(next).toEqual({ value: '1' });
  });

  it('ends a call that waits for a connection', async () => {
    const controllers = [new AbortController(), new AbortController()];
    const sleep = 'SELECT sleepEachRow(0.1) FROM numbers(100) SETTINGS max_block_size = 1';
    const others = controllers.map(({ signal }) =>
      database()
        .query(sleep, undefined, signal)
        .catch(() => {}),
    );
    const leaving = new AbortController();
    const left = database().query('SELECT 1', undefined, leaving.signal);
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    for (const controller of controllers) controller.abort(new Error('enough'));
    await Promise.all(others);
    expect(await database().query('SELECT 1 AS one')).toHaveLength(1);
  });

  it('reports a statement that is wrong as a DatabaseError with the number of the error', async () => {
    const error = await database()
      .query('SELECT missing FROM thing')
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ code: 47 });
  });

  it('does not hold writes back', async () => {
    expect(await database().query("SELECT toUInt8(getSetting('async_insert')) AS isHeldBack")).toEqual([
      { isHeldBack: 0 },
    ]);
  });

  it('refuses a column that a table does not have', async () => {
    await expect(database().insert('thing', [{ id: 1, colour: 'red' }])).rejects.toMatchObject({ code: 117 });
  });
}
