import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { aroundInserts } from './support/crashing-database.ts';
import { caughtUp, WAIT } from './support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from './support/replicated-shard.ts';

let shard: ReplicatedShard;
beforeAll(async () => {
  shard = await startReplicatedShard();
});
afterAll(() => shard?.stop());

it('puts a row before the watermark exactly if the watermark covers its transaction', async () => {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let closed = false;
  const clickhouse = aroundInserts(shard.clickhouse, {
    before: (_insert, table) => (closed && table === 'replication_watermark' ? gate : undefined),
  });
  await shard.replicator({ clickhouse });
  await caughtUp(shard);
  const clients = [1, 2].map(() => new pg.Client({ connectionString: shard.endpoints.primary }));
  try {
    // The later commit follows the earlier one immediately in the WAL, and its changes lie before both.
    for (const [index, client] of clients.entries()) {
      await client.connect();
      await client.query('BEGIN');
      await client.query(
        `INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
         VALUES (1, $1, 'thing', 1, now(), now(), '{}')`,
        [index + 1],
      );
    }
    await clients[0]?.query('COMMIT');
    await vi.waitFor(async () => expect((await rows())[0]).toMatchObject({ id: '1', isCovered: true }), WAIT);
    closed = true;
    await clients[1]?.query('COMMIT');
    await vi.waitFor(async () => expect(await rows()).toHaveLength(2), WAIT);
    expect(await rows()).toEqual([
      { id: '1', isCovered: true },
      { id: '2', isCovered: false },
    ]);
    closed = false;
    open();
    await vi.waitFor(async () => expect((await rows())[1]).toEqual({ id: '2', isCovered: true }), WAIT);
  } finally {
    open();
    await Promise.all(clients.map((client) => client.end()));
  }
});

async function rows(): Promise<{ id: string; isCovered: boolean }[]> {
  const position = await shard.sink.position();
  const found = await shard.clickhouse.query<{ id: string; lsn: string }>(
    'SELECT toString(entity_id) AS id, lsn FROM entity FINAL ORDER BY entity_id',
  );
  return found.map(({ id, lsn }) => ({ id, isCovered: BigInt(lsn) < (position?.lsn ?? 0n) }));
}
