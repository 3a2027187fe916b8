import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { connectClickHouse } from '../../../src/connections/clickhouse/clickhouse-client.ts';

it('a balancer in front of several ClickHouse servers shows', async () => {
  const names: (string | null)[] = [];
  const server = createServer((request, response) => {
    const name = names.shift() ?? null;
    if (name !== null) response.setHeader('X-ClickHouse-Server-Display-Name', name);
    request.resume().once('end', () => response.end('{"one":1}\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const clickhouse = connectClickHouse(`http://127.0.0.1:${(server.address() as AddressInfo).port}/atlas`, {
    ...{ timeoutMs: 5_000, memoryBytes: 1e9, connections: 2, applicationName: 'atlas-test' },
  });
  onTestFinished(() => clickhouse.close());
  const changesAfter = async (name: string | null, statement: () => Promise<unknown>) => {
    names.push(name);
    await statement();
    return clickhouse.serverChanges;
  };
  const query = () => clickhouse.query('SELECT 1 AS one');
  expect(await changesAfter('a', query)).toBe(0);
  expect(await changesAfter('a', () => clickhouse.command('SELECT 1'))).toBe(0);
  expect(await changesAfter(null, query)).toBe(0);
  expect(await changesAfter('b', () => clickhouse.catchUp(['entity']))).toBe(1);
  expect(await changesAfter('a', query)).toBe(2);
  expect(await changesAfter('b', () => clickhouse.insert('entity', [{ one: 1 }]))).toBe(3);
  expect(await changesAfter('c', () => clickhouse.insertLines('entity', ['one'], [Buffer.from('1\n')]))).toBe(4);
  expect(await changesAfter('c', query)).toBe(4);
});
