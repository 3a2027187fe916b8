import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseError } from '../../../src/connections/database-error.ts';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';

const logger = createLogger('silent');

describe('a pool of connections to a Postgres server', () => {
  let cluster: TestCluster;
  let pool: PostgresPool;
  const open = (
    options: { statementTimeoutMs?: number; size?: number; url?: string; role?: 'primary' | 'replica' } = {},
  ) =>
    new PostgresPool({
      shard: 's0',
      role: 'primary',
      url: cluster.endpoints.primary,
      size: 2,
      connectTimeoutMs: 1_000,
      statementTimeoutMs: 5_000,
      applicationName: 'atlas-test',
      logger,
      ...options,
    });
  const query = (text: string, values: unknown[] = []) => pool.query<Record<string, unknown>>({ text, values });

  beforeAll(async () => {
    cluster = await startPostgresCluster({ migrated: false, replica: true });
    pool = open();
  });
  afterAll(async () => {
    await pool?.close();
    await cluster?.stop();
  });

  it('gives 64-bit integers and numerics as strings, timestamps as dates and jsonb as values', async () => {
    const [row] = await query(
      `SELECT 9223372036854775807::bigint AS big, 0.10::numeric AS exact, 0.1::float8 AS double,
              '2024-02-29T12:00:00.123Z'::timestamptz AS at, '{"a":[1,null]}'::jsonb AS json, true AS yes`,
    );
    expect(row).toEqual({
      big: '9223372036854775807',
      exact: '0.10',
      double: 0.1,
      at: new Date('2024-02-29T12:00:00.123Z'),
      json: { a: [1, null] },
      yes: true,
    });
  });

  it('never takes a standby for a primary', async () => {
    const [url = ''] = cluster.endpoints.replicas;
    const standby = open({ url });
    await expect(standby.query({ text: 'SELECT 1', values: [] })).rejects.toMatchObject({
      code: 'SHARD_UNAVAILABLE',
      message: expect.stringContaining('is a standby'),
    });
    await standby.close();
    const replica = open({ url, role: 'replica' });
    expect(await replica.query({ text: 'SELECT 1 AS one', values: [] })).toEqual([{ one: 1 }]);
    await replica.close();
  });

  it('runs its sessions in UTC and under its name', async () => {
    const [row] = await query(
      "SELECT current_setting('TimeZone') AS zone, current_setting('application_name') AS name",
    );
    expect(row).toEqual({ zone: 'UTC', name: 'atlas-test' });
  });

  it('prepares a named statement once per connection', async () => {
    const one = open({ size: 1 });
    const statement = { name: 'double', text: 'SELECT $1::int * 2 AS doubled', values: [21] };
    await one.query(statement);
    expect(await one.query(statement)).toEqual([{ doubled: 42 }]);
    expect(await one.query({ text: 'SELECT name FROM pg_prepared_statements', values: [] })).toEqual([
      { name: 'double' },
    ]);
    await one.close();
  });

  it('ends a statement that takes too long with TIMEOUT', async () => {
    const impatient = open({ statementTimeoutMs: 50 });
    const slow = impatient.query({ text: 'SELECT pg_sleep(10)', values: [] });
    await expect(slow).rejects.toMatchObject({ name: 'AtlasError', code: 'TIMEOUT' });
    await impatient.close();
  });

  it('reports a refused statement as a DatabaseError that holds no values, and keeps its connection', async () => {
    const one = open({ size: 1 });
    const backend = () => one.query({ text: 'SELECT pg_backend_pid() AS pid', values: [] });
    const before = await backend();
    const error = await one.query({ text: 'SELECT 1 / $1::int', values: [0] }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ sqlState: '22012' });
    expect(error).not.toHaveProperty('cause');
    expect(await backend()).toEqual(before);
    await one.close();
  });

  it('commits what a transaction did, and undoes it where the work fails', async () => {
    await query('CREATE TABLE counter (n int)');
    const insert = { text: 'INSERT INTO counter VALUES (1)', values: [] };
    await pool.transaction((session) => session.query(insert));
    const failing = pool.transaction(async (session) => {
      await session.query(insert);
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(await query('SELECT count(*)::int AS n FROM counter')).toEqual([{ n: 1 }]);
  });

  it('says so where a swallowed error undid the transaction', async () => {
    const undone = pool.transaction((session) => session.query({ text: 'SELECT 1 / 0', values: [] }).catch(() => []));
    await expect(undone).rejects.toMatchObject({ sqlState: '25P02' });
  });

  it('answers again after its connections were terminated', async () => {
    const victim = open({ size: 1 });
    const [row] = await victim.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid', values: [] });
    await query('SELECT pg_terminate_backend($1)', [row?.pid]);
    await expect
      .poll(() => victim.query({ text: 'SELECT 1 AS one', values: [] }).catch(() => 'not yet'))
      .toEqual([{ one: 1 }]);
    await victim.close();
  });

  it('ends a transaction whose connection is terminated with SHARD_UNAVAILABLE', async () => {
    const cut = pool.transaction(async (session) => {
      const [row] = await session.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid', values: [] });
      await query('SELECT pg_terminate_backend($1)', [row?.pid]);
      await session.query({ text: 'SELECT pg_sleep(1)', values: [] });
    });
    await expect(cut).rejects.toMatchObject({ name: 'AtlasError', code: 'SHARD_UNAVAILABLE' });
  });

  it.each([
    ['nobody listens', 'postgres://postgres@127.0.0.1:1/postgres'],
    ['the host does not exist', 'postgres://postgres@does-not-exist.invalid/postgres'],
  ])('reports SHARD_UNAVAILABLE where %s', async (_, url) => {
    const nowhere = open({ url });
    const query = nowhere.query({ text: 'SELECT 1', values: [] });
    await expect(query).rejects.toMatchObject({
      name: 'AtlasError',
      code: 'SHARD_UNAVAILABLE',
      message: 'The primary of shard s0 does not answer: try again shortly.',
    });
    await nowhere.close();
  });

  it('reports SHARD_UNAVAILABLE where no connection becomes free in time', async () => {
    const small = new PostgresPool({
      shard: 's0',
      role: 'primary',
      url: cluster.endpoints.primary,
      size: 1,
      connectTimeoutMs: 100,
      statementTimeoutMs: 5_000,
      applicationName: 'atlas-test',
      logger,
    });
    await small.transaction(async () => {
      const second = small.query({ text: 'SELECT 1', values: [] });
      await expect(second).rejects.toMatchObject({ code: 'SHARD_UNAVAILABLE' });
    });
    await small.close();
  });
});
