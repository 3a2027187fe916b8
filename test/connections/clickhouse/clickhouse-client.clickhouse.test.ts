import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClickHouse } from '../../../src/connections/clickhouse/clickhouse-client.ts';
import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { type ClickHouseServer, startClickHouseServer } from '../../support/clickhouse-http.ts';
import { conformsToClickHouseDatabase, LIMITS } from './clickhouse-database.conformance.ts';

describe('ClickHouse over HTTP', () => {
  let server: ClickHouseServer;
  let clickhouse: ClickHouseDatabase;
  const connect = (credentials: string, path = '/atlas') =>
    connectClickHouse(`http://${credentials}@127.0.0.1:${server.port}${path}`, {
      ...LIMITS,
      connections: 2,
      applicationName: 'test',
    });

  beforeAll(async () => {
    server = await startClickHouseServer({
      CLICKHOUSE_USER: 'atlas',
      CLICKHOUSE_PASSWORD: 'secret',
      CLICKHOUSE_DB: 'atlas',
    });
    clickhouse = connect('atlas:secret');
  });
  afterAll(async () => {
    await clickhouse?.close();
    await server?.stop();
  });

  conformsToClickHouseDatabase(() => clickhouse);

  it.each([
    ['a wrong password', 'atlas:wrong', '/atlas'],
    ['a database that does not exist', 'atlas:secret', '/other'],
  ])('is unavailable with %s', async (_, credentials, path) => {
    const stranger = connect(credentials, path);
    await expect(stranger.query('SELECT 1')).rejects.toMatchObject({ code: 'ANALYTICS_UNAVAILABLE' });
    await stranger.close();
  });

  it('is unavailable if nothing listens', async () => {
    const lost = connectClickHouse('http://127.0.0.1:1/atlas', { ...LIMITS, connections: 1, applicationName: 'test' });
    await expect(lost.query('SELECT 1')).rejects.toMatchObject({ code: 'ANALYTICS_UNAVAILABLE' });
    await lost.close();
  });
});
