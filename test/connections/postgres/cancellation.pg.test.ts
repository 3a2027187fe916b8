import { chownSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostgresPool, PostgresPoolOptions } from '../../../src/connections/postgres/postgres-pool.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { primaryPool } from '../../support/postgres-pools.ts';
import { postgresQuery } from '../../support/postgres-query.ts';

const SLEEP = { text: 'SELECT pg_sleep(60)', values: [] };
const BACKEND = { text: 'SELECT pg_backend_pid() AS pid', values: [] };
const gone = new Error('the client has gone');

describe('a call that is aborted', () => {
  let cluster: TestCluster;
  const pools: PostgresPool[] = [];

  const open = (options: Partial<PostgresPoolOptions> = {}): PostgresPool => {
    const pool = primaryPool(cluster.endpoints, { size: 1, applicationName: 'atlas-abort', ...options });
    pools.push(pool);
    return pool;
  };
  /** What runs on the server for the pools of this file. */
  const running = () =>
    postgresQuery<{ query: string }>(
      cluster.endpoints.primary,
      "SELECT query FROM pg_stat_activity WHERE application_name = 'atlas-abort' AND state <> 'idle'",
    );

  beforeAll(async () => {
    cluster = await startPostgresCluster({ migrated: false });
    await postgresQuery(cluster.endpoints.primary, 'CREATE TABLE counter (n int)');
  });
  beforeEach(async () => {
    await postgresQuery(cluster.endpoints.primary, 'TRUNCATE counter');
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.close()));
    await cluster?.stop();
  });

  it('rejects immediately with the reason, leaves nothing running, and keeps its connection', async () => {
    const pool = open();
    const before = await pool.query(BACKEND);
    const controller = new AbortController();
    const call = pool.query(SLEEP, controller.signal);
    await expect.poll(running).toHaveLength(1);
    controller.abort(gone);
    const abortedAt = performance.now();
    await expect(call).rejects.toBe(gone);
    expect(performance.now() - abortedAt).toBeLessThan(200);
    await expect.poll(running).toEqual([]);
    expect(await pool.query(BACKEND)).toEqual(before);
  });

  it('is cancelled even if the abort overtakes the statement', async () => {
    const pool = open({ size: 4 });
    for (let round = 0; round < 20; round++) {
      const controllers = [0, 1, 2, 3].map(() => new AbortController());
      const calls = controllers.map(({ signal }) => pool.query(SLEEP, signal));
      const ends = Promise.allSettled(calls);
      for (let turn = 0; turn < round; turn++) await Promise.resolve();
      for (const controller of controllers) controller.abort(gone);
      for (const end of await ends) expect(end).toEqual({ status: 'rejected', reason: gone });
    }
    await expect.poll(running).toEqual([]);
  });

  it('never affects the next statement on its connection', async () => {
    const pool = open();
    for (let round = 0; round < 100; round++) {
      const controller = new AbortController();
      const call = pool.query({ text: 'SELECT pg_sleep($1)', values: [0.003] }, controller.signal);
      const timer = setTimeout(() => controller.abort(gone), round % 8);
      await call.catch((reason: unknown) => expect(reason).toBe(gone));
      clearTimeout(timer);
      expect(await pool.query({ text: 'SELECT 1 AS one', values: [] })).toEqual([{ one: 1 }]);
    }
  });

  it('does not start if its signal is already aborted', async () => {
    await expect(open().query(SLEEP, AbortSignal.abort(gone))).rejects.toBe(gone);
    expect(await running()).toEqual([]);
  });

  it('stops waiting for a connection, and leaves it to others', async () => {
    const pool = open();
    const controller = new AbortController();
    await pool.transaction(async (session) => {
      const waiting = pool.query(SLEEP, controller.signal);
      expect(pool.usage.waiting).toBe(1);
      controller.abort(gone);
      await expect(waiting).rejects.toBe(gone);
      expect(pool.usage.waiting).toBe(0);
      await session.query(BACKEND);
    });
    expect(await pool.query({ text: 'SELECT 1 AS one', values: [] })).toEqual([{ one: 1 }]);
  });

  it('returns a connection that opens too late unused', async () => {
    const pool = open();
    const controller = new AbortController();
    const call = pool.query(SLEEP, controller.signal);
    controller.abort(gone);
    await expect(call).rejects.toBe(gone);
    await expect.poll(() => pool.usage).toEqual({ idle: 1, busy: 0, waiting: 0 });
    expect(await running()).toEqual([]);
  });

  it('rolls its transaction back and keeps its connection', async () => {
    const pool = open();
    const before = await pool.query(BACKEND);
    const controller = new AbortController();
    const call = pool.transaction(
      async (session) => {
        await session.query({ text: 'INSERT INTO counter VALUES (1)', values: [] });
        await session.query(SLEEP).catch(() => {});
        await session.query({ text: 'INSERT INTO counter VALUES (2)', values: [] });
      },
      'READ COMMITTED',
      controller.signal,
    );
    await expect.poll(running).toHaveLength(1);
    controller.abort(gone);
    await expect(call).rejects.toBe(gone);
    await expect.poll(running).toEqual([]);
    expect(await pool.query(BACKEND)).toEqual(before);
    expect(await pool.query({ text: 'SELECT n FROM counter', values: [] })).toEqual([]);
  });

  it('ends all statements that its transaction has sent', async () => {
    const pool = open();
    const before = await pool.query(BACKEND);
    const controller = new AbortController();
    const ends = pool.transaction(
      (session) => Promise.allSettled([session.query(SLEEP), session.query(SLEEP)]),
      'READ COMMITTED',
      controller.signal,
    );
    await expect.poll(running).toHaveLength(1);
    controller.abort(gone);
    await expect(ends).rejects.toBe(gone);
    await expect.poll(running).toEqual([]);
    expect(await pool.query(BACKEND)).toEqual(before);
  });

  it('ends a statement that waits for a lock', async () => {
    const pool = open({ size: 2 });
    const controller = new AbortController();
    await pool.transaction(async (session) => {
      await session.query({ text: 'LOCK TABLE counter IN ACCESS EXCLUSIVE MODE', values: [] });
      const blocked = pool.query({ text: 'SELECT n FROM counter', values: [] }, controller.signal);
      await expect.poll(running).toHaveLength(2);
      controller.abort(gone);
      await expect(blocked).rejects.toBe(gone);
      await expect.poll(running).toHaveLength(1);
    });
  });

  async function isCancelled(url: string): Promise<void> {
    const pool = open({ url });
    const before = await pool.query(BACKEND);
    const controller = new AbortController();
    const call = pool.query(SLEEP, controller.signal);
    await expect.poll(running).toHaveLength(1);
    controller.abort(gone);
    await expect(call).rejects.toBe(gone);
    expect(await pool.query(BACKEND)).toEqual(before);
  }

  it('is cancelled over TLS', async () => {
    const data = join(cluster.directory, 'primary');
    const { uid, gid } = statSync(data);
    for (const [name, text] of [
      ['server.key', KEY],
      ['server.crt', CERTIFICATE],
    ] as const) {
      writeFileSync(join(data, name), text, { mode: 0o600 });
      chownSync(join(data, name), uid, gid);
    }
    await postgresQuery(cluster.endpoints.primary, 'ALTER SYSTEM SET ssl = on');
    await postgresQuery(cluster.endpoints.primary, 'SELECT pg_reload_conf()');
    const tls = `${cluster.endpoints.primary}?sslmode=no-verify`;
    await expect
      .poll(() => postgresQuery(tls, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()').catch(() => []))
      .toEqual([{ ssl: true }]);
    await isCancelled(tls);
  });

  it('is cancelled over a Unix socket', async () => {
    const url = new URL(cluster.endpoints.primary);
    await postgresQuery(cluster.endpoints.primary, `ALTER SYSTEM SET unix_socket_directories = '${tmpdir()}'`);
    await cluster.primary.stop('fast');
    await cluster.primary.start();
    const socket = `postgres://${url.username}:${url.password}@${url.pathname}?host=${encodeURIComponent(tmpdir())}&port=${url.port}`;
    expect(await postgresQuery(socket, 'SELECT inet_client_addr() AS address')).toEqual([{ address: null }]);
    await isCancelled(socket);
  });
});

/** Self-signed for this test alone, valid for a hundred years. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgMoGYDss/GQKEMO5e
STQ794K81zlipyF1VzwwC+NS13KhRANCAAQ7DgcEpHlXLNPQHoG/5afa6TIdqRF5
BVTXFvju9dOC/apUfzeI09lV7bFS/r60YkpgW6lK4kqjcx4aP94fLkQY
-----END PRIVATE KEY-----
`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIUUKgm5rE4Oae93RT2OXW4AkunauYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE2NTUwMFoYDzIxMjYxMDI4
MTY1NTAwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQ7DgcEpHlXLNPQHoG/5afa6TIdqRF5BVTXFvju9dOC/apUfzeI09lV
7bFS/r60YkpgW6lK4kqjcx4aP94fLkQYo1MwUTAdBgNVHQ4EFgQU/+I/3zmgGR1i
2mtiD2fK+PH4k60wHwYDVR0jBBgwFoAU/+I/3zmgGR1i2mtiD2fK+PH4k60wDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiATpYbgOkiJwlTAWyG9MX11
Gtdxjn4KQSHKMt2oydOItQIgEvoQ2NymltsFO0+u76Klh/EACBENNzIhfJ33wnpt
yIk=
-----END CERTIFICATE-----
`;
