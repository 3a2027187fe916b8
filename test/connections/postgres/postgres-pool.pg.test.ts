import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Breaker } from '../../../src/connections/breaker.ts';
import { DatabaseError } from '../../../src/connections/database-error.ts';
import { PooledConnection, trackClient } from '../../../src/connections/postgres/pooled-connection.ts';
import { PostgresPool, type PostgresPoolOptions } from '../../../src/connections/postgres/postgres-pool.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';

const logger = createLogger('silent');

describe('a pool of connections to a Postgres server', () => {
  let cluster: TestCluster;
  let pool: PostgresPool;
  const open = (options: Partial<PostgresPoolOptions> = {}) =>
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

  it('returns 64-bit integers and numerics as strings, timestamps as dates and jsonb as values', async () => {
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

  it('never mistakes a standby for a primary', async () => {
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
    expect(await one.query({ text: 'SELECT name FROM pg_prepared_statements WHERE NOT from_sql', values: [] })).toEqual(
      [{ name: 'double' }],
    );
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

  it('commits a transaction, and rolls it back if the work fails', async () => {
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

  it('reports that a swallowed error rolled the transaction back', async () => {
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

  it('reports that the server is down if the connection was lost before it was used', async () => {
    const client = new pg.Client({ connectionString: cluster.endpoints.primary });
    const lost = once(client, 'error');
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await lost;
    trackClient(client);
    const server = { shard: 's0', role: 'primary' } as const;
    const limits = { statementTimeoutMs: 1_000, cancelTimeoutMs: 1_000, maxBytes: 1_000 };
    const connection = new PooledConnection(client as unknown as pg.PoolClient, server, limits);
    await expect(connection.query({ text: 'SELECT 1', values: [] })).rejects.toMatchObject({
      code: 'SHARD_UNAVAILABLE',
      outcome: 'down',
    });
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
    ['nothing listens', 'postgres://postgres@127.0.0.1:1/postgres'],
    ['the host does not exist', 'postgres://postgres@does-not-exist.invalid/postgres'],
  ])('reports SHARD_UNAVAILABLE if %s', async (_, url) => {
    const nowhere = open({ url });
    const query = nowhere.query({ text: 'SELECT 1', values: [] });
    await expect(query).rejects.toMatchObject({
      name: 'AtlasError',
      code: 'SHARD_UNAVAILABLE',
      message: 'The primary of shard s0 does not answer; retry shortly.',
    });
    await nowhere.close();
  });

  it('reports that a statement ran out of time, and keeps its connection', async () => {
    const impatient = open({ statementTimeoutMs: 50, size: 1 });
    const backend = () => impatient.query({ text: 'SELECT pg_backend_pid() AS pid', values: [] });
    const before = await backend();
    const slow = impatient.query({ text: 'SELECT pg_sleep(10)', values: [] });
    await expect(slow).rejects.toMatchObject({ outcome: 'slow', code: 'TIMEOUT', responded: true });
    expect(await backend()).toEqual(before);
    await impatient.close();
  });

  it('reports that it is busy if no connection becomes free in time', async () => {
    const small = open({ size: 1, connectTimeoutMs: 100 });
    await small.transaction(async () => {
      const second = small.query({ text: 'SELECT 1', values: [] });
      await expect(second).rejects.toMatchObject({
        outcome: 'busy',
        code: 'TIMEOUT',
        message: 'All connections to the primary of shard s0 are in use; retry.',
      });
    });
    await small.close();
  });

  it('reports that it is busy if the server itself has no connection left', async () => {
    await query('CREATE ROLE crowded LOGIN SUPERUSER CONNECTION LIMIT 0');
    await query('ALTER ROLE crowded NOSUPERUSER');
    const url = new URL(cluster.endpoints.primary);
    url.username = 'crowded';
    await query(`ALTER ROLE crowded PASSWORD '${url.password}'`);
    const crowded = open({ url: url.href });
    await expect(crowded.query({ text: 'SELECT 1', values: [] })).rejects.toMatchObject({ outcome: 'busy' });
    await crowded.close();
  });

  it('passes on an error of the work unchanged, whatever its message', async () => {
    const error = new Error('cannot connect the pool: timeout expired');
    await expect(pool.transaction(() => Promise.reject(error))).rejects.toBe(error);
    expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('passes on an error of binding a value unchanged', async () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    await expect(query('SELECT $1::jsonb', [circular])).rejects.toThrow(/circular/i);
    expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('stops a result that is larger than its limit, and keeps its connection', async () => {
    const bounded = open({ size: 1, maxBytes: 1_000_000 });
    const backend = () => bounded.query({ text: 'SELECT pg_backend_pid() AS pid', values: [] });
    const before = await backend();
    const text = "SELECT repeat('x', 1000) AS x, pg_sleep(n / 100000 * 10) FROM generate_series(1, 200000) AS n";
    await expect(bounded.query({ text, values: [] })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'The result is larger than 1000000 bytes; request fewer entities.',
    });
    expect(await backend()).toEqual(before);
    const within = await bounded.query({ text: "SELECT repeat('x', 900000) AS x", values: [] });
    expect(within).toHaveLength(1);
    await bounded.close();
  });

  it('makes one plan for all values of a statement that keeps its plan, and makes it again when it is old', async () => {
    const migrated = await startPostgresCluster();
    onTestFinished(() => migrated.stop());
    const one = open({ url: migrated.endpoints.primary, size: 1 });
    onTestFinished(() => one.close());
    // PostgreSQL would otherwise plan it for each value, because a plan for every value must look at all partitions.
    const text = 'SELECT FROM atlas.entity WHERE tenant_id = $1::integer AND entity_id = $2::bigint';
    const read = (isKept: boolean, id: number) =>
      one.query({ name: `read_${isKept}`, tenant: 1, text, values: [1, id], ...(isKept && { plan: 'kept' as const }) });
    const plans = () =>
      one.query({
        text: `SELECT name, generic_plans::integer AS kept, custom_plans::integer AS own FROM pg_prepared_statements
               WHERE NOT from_sql ORDER BY name`,
        values: [],
      });
    for (let id = 1; id <= 10; id++) for (const isKept of [true, false]) await read(isKept, id);
    expect(await plans()).toEqual([
      { name: 'read_false', kept: 0, own: 10 },
      { name: 'read_true', kept: 10, own: 0 },
    ]);
    expect(await one.query({ text: 'SHOW plan_cache_mode', values: [] })).toEqual([{ plan_cache_mode: 'auto' }]);
    const now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now + 11_000);
    onTestFinished(() => clock.mockRestore());
    await read(true, 1);
    await read(true, 2);
    expect(await plans()).toEqual([expect.objectContaining({ own: 10 }), { name: 'read_true', kept: 2, own: 0 }]);
  });

  it('plans a statement for its values if that is asked for, however cheap a plan for any would seem', async () => {
    const one = open({ size: 1 });
    onTestFinished(() => one.close());
    for (let n = 0; n < 10; n++) {
      const text = 'SELECT $1::int AS n';
      await one.query({ name: 'decided', tenant: 1, text, values: [n] });
      await one.query({ name: 'values', tenant: 1, plan: 'for values', text, values: [n] });
    }
    const text = `SELECT name, generic_plans::int AS kept, custom_plans::int AS own FROM pg_prepared_statements
                  WHERE NOT from_sql ORDER BY name`;
    expect(await one.query({ text, values: [] })).toEqual([
      { name: 'decided', kept: 5, own: 5 },
      { name: 'values', kept: 0, own: 10 },
    ]);
  });

  it('asks for the columns of a prepared statement once per connection, unless they may have changed', async () => {
    const one = open({ size: 1 });
    const ask = (name: string, text: string) => one.query({ name, tenant: 1, text, values: [] });
    await one.query({ text: 'CREATE TABLE described (id int, name text, at timestamptz)', values: [] });
    await one.query({ text: "INSERT INTO described VALUES (1, 'a', '2024-02-29T12:00:00Z')", values: [] });
    const described = vi.spyOn(
      pg.Query.prototype as unknown as { handleRowDescription(): void },
      'handleRowDescription',
    );
    onTestFinished(() => described.mockRestore());
    for (let time = 0; time < 3; time++) {
      expect(await ask('all', 'SELECT * FROM described')).toEqual([
        { id: 1, name: 'a', at: new Date('2024-02-29T12:00:00Z') },
      ]);
      expect(await ask('some', 'SELECT name AS id FROM described')).toEqual([{ id: 'a' }]);
      expect(await ask('none', 'SELECT id FROM described WHERE false')).toEqual([]);
    }
    expect(described).toHaveBeenCalledTimes(3);
    const other = open({ size: 1 });
    expect(await other.query({ name: 'all', text: 'SELECT 2 AS other', values: [] })).toEqual([{ other: 2 }]);
    await other.close();

    await one.query({ text: 'ALTER TABLE described ALTER COLUMN id TYPE text', values: [] });
    await expect(ask('all', 'SELECT * FROM described')).rejects.toMatchObject({ sqlState: '0A000' });
    await one.query({ text: 'ALTER TABLE described RENAME COLUMN name TO title', values: [] });
    await expect(ask('all', 'SELECT * FROM described')).rejects.toMatchObject({ sqlState: '0A000' });
    await one.close();
  });

  it('reads the columns of a kept plan that is made again as they are then', async () => {
    const one = open({ size: 1 });
    const read = () =>
      one.query({ name: 'kept', tenant: 1, plan: 'kept', text: 'SELECT * FROM replanned', values: [] });
    await one.query({ text: 'CREATE TABLE replanned AS SELECT 1 AS id', values: [] });
    const now = vi.spyOn(performance, 'now');
    onTestFinished(() => now.mockRestore());
    expect([await read(), await read()]).toEqual([[{ id: 1 }], [{ id: 1 }]]);
    await one.query({ text: 'ALTER TABLE replanned ALTER COLUMN id TYPE text', values: [] });
    const later = performance.now() + 60_000;
    now.mockImplementation(() => later);
    expect([await read(), await read()]).toEqual([[{ id: '1' }], [{ id: '1' }]]);
    await one.close();
  });

  it('replaces a connection that has prepared more than 200 statements', async () => {
    const one = open({ size: 1 });
    const prepare = (n: number) => one.query({ name: `n${n}`, text: `SELECT ${n}, $1::int`, values: [1] });
    for (let n = 0; n < 200; n++) await prepare(n);
    const count = { text: 'SELECT count(*)::int AS n FROM pg_prepared_statements WHERE NOT from_sql', values: [] };
    expect(await one.query(count)).toEqual([{ n: 200 }]);
    await prepare(200);
    expect(await one.query(count)).toEqual([{ n: 0 }]);
    await one.close();
  });
});

describe('a pool whose server is down', () => {
  it('connects once per cooldown, and refuses immediately in between', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    let now = 0;
    const pool = new PostgresPool({
      shard: 's0',
      role: 'primary',
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      size: 2,
      connectTimeoutMs: 1_000,
      statementTimeoutMs: 5_000,
      applicationName: 'atlas-test',
      logger,
      breaker: new Breaker({ failures: 3, cooldownMs: 1_000, clock: { now: () => now } }),
    });
    for (let n = 0; n < 10; n++) {
      const failed = { outcome: 'down', code: 'SHARD_UNAVAILABLE' };
      await expect(pool.query({ text: 'SELECT 1', values: [] })).rejects.toMatchObject(failed);
      await expect(pool.transaction(async () => {})).rejects.toMatchObject(failed);
    }
    expect(connections).toBe(3);
    now = 1_000;
    await expect(pool.query({ text: 'SELECT 1', values: [] })).rejects.toMatchObject({ outcome: 'down' });
    await expect(pool.query({ text: 'SELECT 1', values: [] })).rejects.toMatchObject({ outcome: 'down' });
    expect(connections).toBe(4);
    await pool.close();
    server.close();
  });
});
