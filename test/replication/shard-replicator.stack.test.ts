import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { caughtUp, expectEqualStores, put, putMany, WAIT } from './support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from './support/replicated-shard.ts';

describe('change capture', () => {
  let shard: ReplicatedShard;
  beforeAll(async () => {
    shard = await startReplicatedShard();
  });
  afterEach(() => shard.reset());
  afterAll(() => shard?.stop());

  it('copies what is there, then follows', async () => {
    await putMany(shard, 1, 2_500);
    const replicator = await shard.replicator();
    await vi.waitFor(() => expect(replicator.state().phase).toBe('streaming'), WAIT);
    await expectEqualStores(shard);
    await putMany(shard, 2_000, 3_000, 7);
    await caughtUp(shard);
    await expectEqualStores(shard);
    expect(replicator.state()).toMatchObject({ phase: 'streaming', lastError: null });
  });

  it('carries every type of value exactly', async () => {
    await shard.replicator();
    const json = { b: [1, 'two', null], a: { nested: true } };
    const every = {
      '1': 'a;b\'"\\\n\n\t; é😀',
      '2': 0.1 + 0.2,
      '3': false,
      '5': json,
      '6': 'x',
      '7': -1e-300,
      '8': 'hot',
    };
    await put(shard, 1, { ...every, '4': '2024-02-29T12:34:56.789Z' });
    await put(shard, 2, { '1': '😀'.repeat(300), '5': 'just text', '2': 1.7976931348623157e308 });
    await put(shard, 3, { '1': '', '2': 5e-324, '4': '0099-01-01T00:00:00.001Z', '5': [], '9': '9223372036854775807' });
    await put(shard, 4, {});
    await shard.sql(`UPDATE atlas.entity SET created_at = '12024-01-01 00:00:00.5+00', updated_at = '0044-03-15 BC',
      timestamp_1 = '1969-12-31 23:59:59.999+00', boolean_1 = true WHERE entity_id = 4`);
    await caughtUp(shard);
    await expectEqualStores(shard);
    // By then they come through the stream, whose decoder is another one than that of the copy.
    await put(shard, 5, { ...every, '8': '\ufeffafter a byte order mark' });
    await put(shard, 6, { ...every, '8': '\ufeff' });
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('follows changed, removed and added attributes, deletes and re-creations', async () => {
    await put(shard, 1, { '1': 'one', '2': 1, '3': true, '5': { a: 1 } });
    await put(shard, 2, { '1': 'two', '2': 2 });
    await shard.replicator();
    await caughtUp(shard);
    await put(shard, 1, { '1': 'changed', '2': 1, '4': '2024-01-01T00:00:00.000Z' });
    await shard.sql('DELETE FROM atlas.entity WHERE entity_id = 2');
    await caughtUp(shard);
    await expectEqualStores(shard);
    await put(shard, 2, { '2': 22 });
    await shard.sql('UPDATE atlas.entity SET entity_id = 3 WHERE entity_id = 1');
    await shard.sql('UPDATE atlas.entity SET entity_id = 3 WHERE entity_id = 1');
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('carries a large value that an update leaves alone', async () => {
    await shard.replicator();
    const words = Array.from({ length: 20_000 }, (_, i) => `${i}${Math.sin(i)}`);
    await put(shard, 1, { '5': words, '2': 1 });
    await shard.sql("UPDATE atlas.entity SET type = 'renamed' WHERE entity_id = 1");
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('carries a transaction that is larger than a batch', async () => {
    const replicator = await shard.replicator({ limits: { rows: 5_000, flushMs: 20 } });
    await caughtUp(shard);
    await putMany(shard, 1, 50_000);
    await caughtUp(shard);
    const rows = await shard.clickhouse.query<{ n: string }>('SELECT count() AS n FROM entity FINAL');
    expect(rows).toEqual([{ n: '50000' }]);
    await vi.waitFor(() => expect(replicator.state().pendingMessages).toBe(0), WAIT);
  });
});
