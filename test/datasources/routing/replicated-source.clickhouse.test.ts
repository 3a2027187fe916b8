import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { ClickHouseEntityReader } from '../../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { clickhouseSource } from '../../../src/datasources/routing/replicated-source.ts';
import { startClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { storeWatermark } from '../support/fill-clickhouse.ts';

let engine: TestClickHouse;
let clickhouse: ClickHouseDatabase;

beforeAll(async () => {
  engine = await startClickHouse();
  clickhouse = await engine.connect();
});

afterAll(async () => {
  await engine?.stop();
});

it('has reached the newest watermark of each requested shard, and omits shards without one', async () => {
  await storeWatermark(clickhouse, 's0', { lsn: 10n });
  await storeWatermark(clickhouse, 's1', { lsn: 18_446_744_073_709_551_615n });
  await storeWatermark(clickhouse, 's2', { lsn: 7n });
  await storeWatermark(clickhouse, 's0', { lsn: 42n });
  const source = clickhouseSource(clickhouse, new ClickHouseEntityReader(clickhouse, ['s0', 's1', 's2', 's3']));
  expect(await source.positions(['s0', 's1', 's3'])).toEqual(
    new Map([
      ['s0', 42n],
      ['s1', 18_446_744_073_709_551_615n],
    ]),
  );
});
