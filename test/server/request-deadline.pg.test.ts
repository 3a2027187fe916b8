import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import { HttpServer } from '../../src/server/http-server.ts';
import { appOptions } from '../support/http-app.ts';
import { lockEntities } from '../support/lock-entities.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';
import { primaryPool } from '../support/postgres-pools.ts';
import { postgresQuery } from '../support/postgres-query.ts';

const COUNT = { text: 'SELECT count(*) FROM atlas.entity', values: [] };
const OK = { status: 200, headers: new Map([['content-type', 'application/json']]), body: '{}' };

/** Requests that read from two shards whose tables are locked. */
describe('a request whose statements wait for locks', () => {
  const clusters: TestCluster[] = [];
  const pools: PostgresPool[] = [];

  const running = async () => {
    const text = "SELECT query FROM pg_stat_activity WHERE application_name = 'atlas-request' AND state <> 'idle'";
    return (await Promise.all(clusters.map(({ endpoints }) => postgresQuery(endpoints.primary, text)))).flat();
  };

  beforeAll(async () => {
    clusters.push(...(await Promise.all(['s0', 's1'].map((shard) => startPostgresCluster({ shard })))));
    pools.push(
      ...clusters.map(({ endpoints }) =>
        primaryPool(endpoints, { applicationName: 'atlas-request', statementTimeoutMs: 60_000 }),
      ),
    );
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.close()));
    await Promise.all(clusters.map((cluster) => cluster.stop()));
  });

  const lock = () => lockEntities(clusters.map(({ endpoints }) => endpoints));

  async function start(timeoutMs: number): Promise<HttpServer> {
    const server = new HttpServer(
      appOptions(
        async ({ signal }) => {
          await Promise.all(pools.map((pool) => pool.query(COUNT, signal)));
          return OK;
        },
        { environment: { ATLAS_REQUEST_TIMEOUT_MS: String(timeoutMs), ATLAS_SHUTDOWN_GRACE_MS: '100' } },
      ),
    );
    await server.start();
    onTestFinished(() => server.stop());
    return server;
  }

  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };

  it('is answered when its time is up, and leaves nothing running on any server', async () => {
    await lock();
    const server = await start(2_000);
    const sentAt = performance.now();
    const request = fetch(`${server.url}/graphql`, post);
    await expect.poll(running, { timeout: 1_500 }).toHaveLength(2);
    const response = await request;
    const tookMs = performance.now() - sentAt;
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'TIMEOUT' } }] });
    expect(tookMs).toBeGreaterThan(1_900);
    expect(tookMs).toBeLessThan(2_500);
    await expect.poll(running).toEqual([]);
  });

  it('leaves nothing running when its client goes away', async () => {
    await lock();
    const server = await start(60_000);
    const client = new AbortController();
    const request = fetch(`${server.url}/graphql`, { ...post, signal: client.signal });
    await expect.poll(running).toHaveLength(2);
    client.abort();
    await expect(request).rejects.toThrow();
    await expect.poll(running).toEqual([]);
  });

  it('leaves nothing running when its client goes away, although it waits behind another one of the same connection', async () => {
    await lock();
    const server = await start(60_000);
    const { hostname, port } = new URL(server.url);
    const client = connect(Number(port), hostname);
    const request =
      'POST /graphql HTTP/1.1\r\nhost: atlas\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';
    client.write(request.repeat(3));
    await expect.poll(running).toHaveLength(6);
    client.destroy();
    await expect.poll(running).toEqual([]);
  });

  it('leaves nothing running when the server stops', async () => {
    await lock();
    const server = await start(60_000);
    const request = fetch(`${server.url}/graphql`, post);
    await expect.poll(running).toHaveLength(2);
    await server.stop();
    expect((await request).status).toBe(503);
    await expect.poll(running).toEqual([]);
  });
});
