import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startClickHouse, type TestClickHouse } from '../support/clickhouse.ts';

describe('the embedded ClickHouse', () => {
  let clickhouse: TestClickHouse;
  beforeAll(async () => {
    clickhouse = await startClickHouse();
  });
  afterAll(() => clickhouse.stop());

  it('shows one connection what another wrote', async () => {
    const [writer, reader] = await Promise.all([clickhouse.connect(), clickhouse.connect()]);
    await writer.insert('replication_watermark', [{ shard: 's0', lsn: 5, pending_messages: 0 }]);
    expect(await reader.query('SELECT lsn FROM replication_watermark')).toEqual([{ lsn: '5' }]);
  });
});
