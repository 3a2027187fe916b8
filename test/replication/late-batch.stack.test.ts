import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ClickHouseEntityReader } from '../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { count } from '../../src/datasources/questions/count.ts';
import { MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { aroundInserts } from './support/crashing-database.ts';
import { caughtUp, expectEqualStores, put, WAIT } from './support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from './support/replicated-shard.ts';

const DELETED = 20;

describe('what a replicator still writes after its shard was copied anew', () => {
  let shard: ReplicatedShard;
  beforeAll(async () => {
    shard = await startReplicatedShard();
  });
  afterEach(() => shard.reset());
  afterAll(() => shard?.stop());

  async function counted(): Promise<{ entities: bigint; isKnown: boolean }> {
    const reader = new ClickHouseEntityReader(shard.clickhouse, ['s0']);
    const question = count({ tenantId: 1, type: null, filter: MATCH_ALL });
    const { data, watermarks } = await reader.ask(question, new AbortController().signal);
    return { entities: data, isKnown: (watermarks.get('s0')?.heartbeatAt ?? null) !== null };
  }

  it.each(['entity_attribute', 'entity', 'replication_watermark'])(
    'brings no deleted entity back, and no older state, if its insert into %s is held meanwhile',
    async (held) => {
      let release = (): void => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      let [armed, isHeld] = [false, false];
      const clickhouse = aroundInserts(shard.clickhouse, {
        before: (_insert, table) => {
          if (!armed || isHeld || table !== held) return;
          isHeld = true;
          return gate;
        },
      });
      const late = await shard.replicator({ clickhouse });
      await caughtUp(shard);
      try {
        armed = true;
        for (let id = 1; id <= 2 * DELETED; id++) await put(shard, id, { '1': 'first' });
        await shard.beat();
        await vi.waitFor(() => expect(isHeld).toBe(true), WAIT);

        await shard.sql(`DELETE FROM atlas.entity WHERE entity_id <= ${DELETED}`);
        await put(shard, 2 * DELETED, { '1': 'second' });
        await shard.sql(
          'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL',
        );
        await shard.dropSlot();
        await shard.replicator({ resnapshot: true });
        await caughtUp(shard);
        expect(await counted()).toEqual({ entities: BigInt(DELETED), isKnown: true });
      } finally {
        release();
      }
      // It writes what it has before it stops.
      await late.stop();
      expect(await counted()).toEqual({ entities: BigInt(DELETED), isKnown: true });
      await expectEqualStores(shard);
    },
  );
});
