import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { connectClickHouse } from '../../../src/connections/clickhouse/clickhouse-client.ts';

/** Answers every statement with its name, until it is closed. */
async function start(name: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    response.setHeader('X-ClickHouse-Server-Display-Name', name);
    request.resume().once('end', () => response.end(`{"name":"${name}"}\n`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/atlas`, stop };
}

it('one of several ClickHouse servers is used until it does not answer, then the next', async () => {
  const [a, b] = [await start('a'), await start('b')];
  const clickhouse = connectClickHouse(`${a.url} ${b.url}`, {
    ...{ timeoutMs: 5_000, memoryBytes: 1e9, connections: 2, applicationName: 'atlas-test' },
  });
  onTestFinished(() => clickhouse.close());
  const ask = async () => (await clickhouse.query<{ name: string }>('SELECT 1'))[0]?.name;
  const unavailable = { code: 'ANALYTICS_UNAVAILABLE' };
  expect([await ask(), await ask(), clickhouse.serverChanges]).toEqual(['a', 'a', 0]);
  await a.stop();
  // Those that are under way fail together, and lead to one server.
  const together = await Promise.allSettled([ask(), ask()]);
  expect(together).toMatchObject([
    { status: 'rejected', reason: unavailable },
    { status: 'rejected', reason: unavailable },
  ]);
  expect(clickhouse.serverChanges).toBeGreaterThan(0);
  const { serverChanges } = clickhouse;
  expect([await ask(), await ask()]).toEqual(['b', 'b']);
  await clickhouse.command('SELECT 1');
  expect(clickhouse.serverChanges).toBe(serverChanges);
  await b.stop();
  await expect(ask()).rejects.toMatchObject(unavailable);
  await expect(ask()).rejects.toMatchObject(unavailable);
});
