import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startClickHouse, type TestClickHouse } from '../support/clickhouse.ts';

describe('the embedded ClickHouse', () => {
  let clickhouse: TestClickHouse;
  beforeAll(async () => {
    clickhouse = await startClickHouse();
  });
  afterAll(() => clickhouse.stop());

  it('shows one connection what another wrote', async () => {
    await clickhouse.connect().command({
      query: "INSERT INTO replication_watermark (shard, lsn, pending_messages) VALUES ('s0', 5, 0)",
    });
    const result = await clickhouse
      .connect()
      .query({ query: 'SELECT lsn FROM replication_watermark', format: 'JSONEachRow' });
    expect(await result.json()).toEqual([{ lsn: 5 }]);
  });
});
