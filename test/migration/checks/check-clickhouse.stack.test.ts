import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connectClickHouse } from '../../../src/connections/clickhouse/clickhouse-client.ts';
import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { checkClickHouse } from '../../../src/migration/checks/check-clickhouse.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { recorder } from '../../replication/support/log-recorder.ts';
import { type ClickHouseServer, startClickHouseServer } from '../../support/clickhouse-http.ts';

const silent = createLogger('silent');

describe('the check of ClickHouse', () => {
  let server: ClickHouseServer;
  beforeAll(async () => {
    const user = { CLICKHOUSE_USER: 'atlas', CLICKHOUSE_PASSWORD: 'right', CLICKHOUSE_DB: 'atlas' };
    server = await startClickHouseServer(user);
  });
  afterAll(() => server?.stop());

  const urlOf = ({ password = 'right', database = 'atlas', port = server.port, protocol = 'http' } = {}) =>
    `${protocol}://atlas:${password}@127.0.0.1:${port}/${database}`;
  const check = (url: string, needed: boolean, logger = silent) => {
    const clickhouse = connectClickHouse(url, {
      ...{ timeoutMs: 5_000, memoryBytes: 1e9, connections: 1, applicationName: 'test' },
    });
    onTestFinished(() => clickhouse.close());
    return checkClickHouse(clickhouse, url, needed, logger);
  };

  it('accepts the version that is tested', async () => {
    await check(urlOf(), true);
  });

  it.each([
    ['a wrong password', { password: 'wrong' }, 'refuses the user or the password; correct ATLAS_CLICKHOUSE_URL.'],
    [
      'a missing database',
      { database: 'nowhere' },
      'has no such database; create it, or correct ATLAS_CLICKHOUSE_URL.',
    ],
    ['TLS that is not there', { protocol: 'https' }, 'offers no TLS, which its URL asks for; use http://'],
  ])('refuses %s, even if it need not answer', async (_what, change, sentence) => {
    const url = urlOf(change);
    const { host, pathname } = new URL(url);
    await expect(check(url, false)).rejects.toThrow(`ClickHouse (atlas@${host}${pathname}) ${sentence}`);
    await expect(check(url, false)).rejects.not.toThrow('wrong');
  });

  it('starts without a server that does not answer, unless it is needed', async () => {
    const url = urlOf({ port: 1 });
    const sentence = 'ClickHouse (atlas@127.0.0.1:1/atlas) cannot be reached: nothing listens there (ECONNREFUSED)';
    await expect(check(url, true)).rejects.toThrow(sentence);
    const { logger, lines } = recorder();
    await check(url, false, logger);
    expect(lines).toEqual([expect.objectContaining({ level: 40, reason: expect.stringContaining(sentence) })]);
  });

  it('refuses a version without a setting that reads rely on', async () => {
    // An old server cannot be had here: this one answers as it would.
    const old: Pick<ClickHouseDatabase, 'query'> = {
      query: async <Row extends object>() => [{ version: '25.8.1.1', known: 0 }] as unknown as Row[],
    };
    await expect(checkClickHouse(old as ClickHouseDatabase, urlOf(), false, silent)).rejects.toThrow(
      'ClickHouse is version 25.8.1.1, which lacks the setting enable_shared_storage_snapshot_in_query; Atlas needs 26.7 or later: upgrade it.',
    );
  });
});
