import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { connectClickHouse } from '../../../src/connections/clickhouse/clickhouse-client.ts';

it('ClickHouse gets the headers with which it continues a trace, while there is one', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    request.resume().once('end', () => response.end('{"one":1}\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const headers: (Record<string, string> | undefined)[] = [{ traceparent: '00-aa-bb-01' }, undefined];
  const clickhouse = connectClickHouse(`http://127.0.0.1:${(server.address() as AddressInfo).port}/atlas`, {
    ...{ timeoutMs: 5_000, memoryBytes: 1e9, connections: 1, applicationName: 'atlas-test' },
    traceHeaders: () => headers.shift(),
  });
  onTestFinished(() => clickhouse.close());
  expect(await clickhouse.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await clickhouse.query('SELECT 1 AS one');
  expect(seen.map(({ traceparent }) => traceparent)).toEqual(['00-aa-bb-01', undefined]);
});
