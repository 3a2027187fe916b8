import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { ShutdownGrace } from '../../src/lifecycle/shutdown-grace.ts';
import { changeVersion, type EntityChange, type EntityTuple } from '../../src/replication/change.ts';
import { ShardReplicator } from '../../src/replication/shard-replicator.ts';
import { ClickHouseSink } from '../../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { KEEP_COPIES, startClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { WAIT } from './support/replicated-data.ts';
import { lookupOf, TEST_ATTRIBUTES } from './support/test-attributes.ts';
import { type Message, TopicSource } from './support/topic-source.ts';

let engine: TestClickHouse;
let clickhouse: ClickHouseDatabase;
beforeAll(async () => {
  engine = await startClickHouse();
  clickhouse = await engine.connect();
});
afterAll(() => engine?.stop());

function row(id: string, version: number, attributes: object): EntityTuple {
  return {
    ...{ tenant_id: '1', entity_id: id, type: 'thing', version: String(version), attribute_updated_at: '{}' },
    ...{ attributes: JSON.stringify(attributes), created_at: '2024-01-01T00:00:00Z' },
    ...{ updated_at: '2024-01-01T00:00:00.123456Z', text_1: null, text_2: null, text_3: null, text_4: null },
    ...{ number_1: null, number_2: null, number_3: null, number_4: null },
    ...{ boolean_1: null, boolean_2: null, timestamp_1: null, timestamp_2: null },
  };
}
const at = (lsn: bigint) => ({ lsn, version: changeVersion(lsn, 0) });
const [one, changedOne] = [row('1', 1, { '1': 'a', '2': 1 }), row('1', 2, { '1': 'b' })];
const [two, three] = [row('2', 1, { '1': 'c' }), row('3', 1, { '2': 3 })];

it('carries a topic of two partitions, delivered by offsets and again after a loss, into ClickHouse', async () => {
  const copied = (entity: EntityTuple): Message => ({
    change: { kind: 'upsert', ...at(0n), row: entity, previous: null },
    isSnapshot: true,
  });
  const change: EntityChange = { kind: 'upsert', ...at(10n), row: changedOne, previous: one };
  const source = new TopicSource([
    [
      copied(one),
      { heartbeatAt: 100, committedLsn: 5n },
      { change },
      { cut: true },
      { heartbeatAt: 200, committedLsn: 20n },
      { heartbeatAt: 400, committedLsn: 40n },
    ],
    [
      copied(two),
      { heartbeatAt: 100, committedLsn: 5n },
      { change: { kind: 'upsert', ...at(11n), row: three, previous: null } },
      { change: { kind: 'delete', ...at(12n), row: two } },
      { heartbeatAt: 300, committedLsn: 30n },
    ],
  ]);
  const sink = new ClickHouseSink({ clickhouse, shard: 's0', attributes: lookupOf(TEST_ATTRIBUTES), ...KEEP_COPIES });
  const replicator = new ShardReplicator({
    grace: new ShutdownGrace(10_000),
    ...{ shard: 's0', source, sink, resnapshot: false, onBatch: () => {} },
    ...{ limits: { rows: 1_000, flushMs: 5 }, logger: pino({ level: 'silent' }) },
  });
  await replicator.start();
  try {
    await vi.waitFor(() => expect(source.committed).toEqual([6, 5]), WAIT);
  } finally {
    await replicator.stop();
  }
  // The partition that is furthest behind decides, and the change before the loss is delivered twice.
  expect(await sink.position()).toMatchObject({ lsn: 30n, heartbeatAt: 300 });
  expect(source.delivered.get(change)).toBe(2);
  expect(
    await clickhouse.query(
      'SELECT toString(entity_id) AS id, toString(version) AS version FROM entity FINAL ORDER BY id',
    ),
  ).toEqual([
    { id: '1', version: '2' },
    { id: '3', version: '1' },
  ]);
  expect(
    await clickhouse.query(
      'SELECT toString(entity_id) AS id, attribute_id, value_text, value_number FROM entity_attribute FINAL ORDER BY id',
    ),
  ).toEqual([
    { id: '1', attribute_id: 1, value_text: 'b', value_number: null },
    { id: '3', attribute_id: 2, value_text: null, value_number: 3 },
  ]);
});
