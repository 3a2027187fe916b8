import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseLsn } from '../../src/replication/source/slot/lsn.ts';
import { crashingAt } from './support/crashing-database.ts';
import { caughtUp, expectEqualStores, put, putMany, WAIT } from './support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from './support/replicated-shard.ts';

const POINTS = Array.from({ length: 8 }, (_, index) => index + 1).flatMap((insert) => [
  { insert, side: 'before' as const },
  { insert, side: 'after' as const },
]);

describe('a replicator that dies and restarts', () => {
  let shard: ReplicatedShard;
  beforeAll(async () => {
    shard = await startReplicatedShard();
    const first = await shard.replicator();
    await caughtUp(shard);
    await first.stop();
  });
  afterAll(() => shard?.stop());

  it.each(POINTS)('leaves neither gap nor duplicate when it dies $side insert $insert', async ({ insert, side }) => {
    const crash = crashingAt(shard.clickhouse, insert, side);
    const dying = await shard.replicator({
      clickhouse: crash.database,
      limits: { rows: 20, flushMs: 5 },
    });
    await putMany(shard, 1, 100, insert);
    await put(shard, 1_000 + insert, { '1': 'stays', '2': insert });
    await put(shard, 2_000, side === 'before' ? { '1': 'both', '3': true } : { '2': insert });
    await shard.sql('DELETE FROM atlas.entity WHERE entity_id = $1', [1_000 + insert - 1]);
    await vi.waitFor(async () => {
      await shard.beat();
      expect(crash.happened()).toBe(true);
    }, WAIT);
    await dying.stop();

    const position = await shard.sink.position();
    const [slot] = await shard.sql<{ confirmed: string }>(
      "SELECT confirmed_flush_lsn AS confirmed FROM pg_replication_slots WHERE slot_name = 'atlas_cdc'",
    );
    expect(position?.lsn).toBeGreaterThanOrEqual(parseLsn(slot?.confirmed ?? ''));

    const next = await shard.replicator();
    await caughtUp(shard);
    await expectEqualStores(shard);
    await next.stop();
  });
});
