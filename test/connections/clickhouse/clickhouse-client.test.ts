import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Breaker } from '../../../src/connections/breaker.ts';
import { connectClickHouse } from '../../../src/connections/clickhouse/clickhouse-client.ts';

const options = { timeoutMs: 100, memoryBytes: 1_000_000, connections: 1, applicationName: 'atlas-test' };

describe('a ClickHouse server that cannot be used', () => {
  it('is reported as ANALYTICS_UNAVAILABLE if nothing listens', async () => {
    const clickhouse = connectClickHouse('http://127.0.0.1:1/atlas', options);
    await expect(clickhouse.query('SELECT 1')).rejects.toMatchObject({ code: 'ANALYTICS_UNAVAILABLE' });
    await expect(clickhouse.command('SELECT 1')).rejects.toMatchObject({ code: 'ANALYTICS_UNAVAILABLE' });
    await expect(clickhouse.insert('thing', [{ id: 1 }])).rejects.toMatchObject({ code: 'ANALYTICS_UNAVAILABLE' });
    await clickhouse.close();
  });

  /** A server that accepts every request and answers none. */
  async function silentServer() {
    let requests = 0;
    const server = createServer(() => {
      requests += 1;
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/atlas`,
      requests: () => requests,
      stop: () => {
        server.closeAllConnections();
        server.close();
      },
    };
  }

  it('is down if it is still silent when it should have ended the statement', async () => {
    const silent = await silentServer();
    const clickhouse = connectClickHouse(silent.url, options);
    await expect(clickhouse.query('SELECT 1')).rejects.toMatchObject({
      outcome: 'down',
      code: 'ANALYTICS_UNAVAILABLE',
    });
    await clickhouse.close();
    silent.stop();
  });

  it('holds the closing of its connections for a few seconds only, and the statement fails', async () => {
    const silent = await silentServer();
    const clickhouse = connectClickHouse(silent.url, { ...options, timeoutMs: 300_000 });
    const insert = clickhouse.insert('thing', [{ id: 1 }]).then(
      () => null,
      (error: unknown) => error,
    );
    await expect.poll(silent.requests).toBe(1);
    await clickhouse.close();
    expect(await insert).toMatchObject({ code: 'ANALYTICS_UNAVAILABLE' });
    silent.stop();
  });

  it('is busy while all connections to it are in use', async () => {
    const silent = await silentServer();
    const clickhouse = connectClickHouse(silent.url, options);
    const first = clickhouse.query('SELECT 1').catch(() => {});
    await expect(clickhouse.query('SELECT 1')).rejects.toMatchObject({
      outcome: 'busy',
      code: 'TIMEOUT',
      message: 'All ClickHouse connections are in use; retry.',
    });
    await first;
    await clickhouse.close();
    silent.stop();
  });

  it('is waited for as long as connecting may take, not as long as a statement may run', async () => {
    const silent = await silentServer();
    const clickhouse = connectClickHouse(silent.url, { ...options, timeoutMs: 60_000, connectTimeoutMs: 50 });
    const gone = new AbortController();
    const first = clickhouse.query('SELECT 1', {}, gone.signal);
    await expect(clickhouse.query('SELECT 1')).rejects.toMatchObject({ outcome: 'busy' });
    gone.abort(new Error('the client has gone'));
    await expect(first).rejects.toThrow('the client has gone');
    await clickhouse.close();
    silent.stop();
  }, 20_000);

  it('is not waited for after a call is aborted, for as long as its statement or the one that kills it may run', async () => {
    const silent = await silentServer();
    const clickhouse = connectClickHouse(silent.url, { ...options, timeoutMs: 60_000, connections: 2 });
    const gone = new AbortController();
    const calls = [1, 2].map(() => clickhouse.query('SELECT 1', {}, gone.signal));
    await expect.poll(silent.requests).toBe(2);
    gone.abort(new Error('the client has gone'));
    for (const call of calls) await expect(call).rejects.toThrow('the client has gone');
    const abortedAt = performance.now();
    await clickhouse.close();
    expect(performance.now() - abortedAt).toBeLessThan(6_000);
    silent.stop();
  }, 20_000);

  it('is tried once per cooldown while it is down', async () => {
    let now = 0;
    const breaker = new Breaker({ failures: 2, cooldownMs: 1_000, clock: { now: () => now } });
    let connections = 0;
    const server = createNetServer((socket) => {
      connections += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/atlas`;
    const clickhouse = connectClickHouse(url, { ...options, breaker });
    const fails = () => expect(clickhouse.query('SELECT 1')).rejects.toMatchObject({ outcome: 'down' });
    for (let n = 0; n < 5; n++) await fails();
    expect(connections).toBe(2);
    now = 1_000;
    await fails();
    await fails();
    expect(connections).toBe(3);
    await clickhouse.close();
    server.close();
  });
});
