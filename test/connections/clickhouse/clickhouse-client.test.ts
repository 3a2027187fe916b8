import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connectClickHouse } from '../../../src/connections/clickhouse/clickhouse-client.ts';

const options = { timeoutMs: 100, memoryBytes: 1_000_000, connections: 1, applicationName: 'atlas-test' };

describe('a ClickHouse server that cannot be used', () => {
  it('is reported as ANALYTICS_UNAVAILABLE where nobody listens', async () => {
    const clickhouse = connectClickHouse('http://127.0.0.1:1/atlas', options);
    await expect(clickhouse.query('SELECT 1')).rejects.toMatchObject({ code: 'ANALYTICS_UNAVAILABLE' });
    await expect(clickhouse.command('SELECT 1')).rejects.toMatchObject({ code: 'ANALYTICS_UNAVAILABLE' });
    await expect(clickhouse.insert('thing', [{ id: 1 }])).rejects.toMatchObject({ code: 'ANALYTICS_UNAVAILABLE' });
    await clickhouse.close();
  });

  it('is reported as TIMEOUT where it never answers', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const clickhouse = connectClickHouse(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/atlas`, options);
    await expect(clickhouse.query('SELECT 1')).rejects.toMatchObject({ code: 'TIMEOUT' });
    await clickhouse.close();
    silent.closeAllConnections();
    silent.close();
  });
});
