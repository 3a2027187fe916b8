import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ClickHouseEntityReader } from '../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { count } from '../../src/datasources/questions/count.ts';
import { MATCH_ALL } from '../../src/domain/filter/filter.ts';
import type { ShardReplicator } from '../../src/replication/shard-replicator.ts';
import { crashingAt } from './support/crashing-database.ts';
import { recorder } from './support/log-recorder.ts';
import { caughtUp, expectEqualStores, put, putMany, WAIT } from './support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from './support/replicated-shard.ts';

describe('a shard whose change stream cannot be continued', () => {
  let shard: ReplicatedShard;
  beforeAll(async () => {
    shard = await startReplicatedShard();
  });
  afterEach(() => shard.reset());
  afterAll(() => shard?.stop());

  async function becomes(replicator: ShardReplicator, phase: string): Promise<void> {
    await vi.waitFor(() => expect(replicator.state().phase).toBe(phase), WAIT);
  }

  /** Copied, then left behind: a row deleted, one changed and one added since. */
  async function leaveBehind(): Promise<void> {
    await putMany(shard, 1, 100);
    const replicator = await shard.replicator();
    await caughtUp(shard);
    await replicator.stop();
  }
  async function changeUnseen(): Promise<void> {
    await shard.sql('DELETE FROM atlas.entity WHERE entity_id = 1');
    await put(shard, 2, { '1': 'changed' }, 3);
    await put(shard, 101, { '2': 101 });
  }
  async function expectFailure(message: RegExp): Promise<void> {
    const replicator = await shard.replicator();
    await becomes(replicator, 'failed');
    expect(replicator.state().lastError).toMatch(message);
    expect(replicator.state().lastError).toContain('atlas replicate --resnapshot');
    await replicator.stop();
  }
  async function expectRepair(): Promise<void> {
    await shard.replicator({ resnapshot: true });
    await caughtUp(shard);
    await expectEqualStores(shard);
  }

  it('fails and names the cause when the slot is gone, and is copied again on demand', async () => {
    await leaveBehind();
    await shard.dropSlot();
    await changeUnseen();
    await expectFailure(/slot "atlas_cdc" does not exist/);
    await expectRepair();
  });

  it('is copied again when the slot was recreated by hand, and says why', async () => {
    await leaveBehind();
    await shard.dropSlot();
    await changeUnseen();
    await shard.sql("SELECT pg_create_logical_replication_slot('atlas_cdc', 'pgoutput')");
    const { logger, lines } = recorder();
    await shard.replicator({ logger });
    await caughtUp(shard);
    await expectEqualStores(shard);
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: 'change capture of shard s0: copying the shard again',
        reason: expect.stringContaining('but the slot has released those before'),
      }),
    );
  });

  it('is copied again when ClickHouse was restored from a backup, whose answers show their age until then', async () => {
    await putMany(shard, 1, 100);
    const first = await shard.replicator();
    await caughtUp(shard);
    const { clickhouse } = shard;
    const tables = ['entity', 'entity_attribute', 'replication_watermark'];
    for (const table of tables) await clickhouse.command(`CREATE TABLE backup_${table} CLONE AS ${table}`);
    const backedUp = await shard.sink.position();
    await changeUnseen();
    await caughtUp(shard);
    await first.stop();
    try {
      for (const table of tables) await clickhouse.command(`EXCHANGE TABLES ${table} AND backup_${table}`);
      const reader = new ClickHouseEntityReader(clickhouse, ['s0']);
      const question = count({ tenantId: 1, type: null, filter: MATCH_ALL });
      const { watermarks } = await reader.ask(question, new AbortController().signal);
      expect(watermarks.get('s0')).toEqual({ heartbeatAt: backedUp?.heartbeatAt, lsn: backedUp?.lsn });
      await shard.replicator();
      await caughtUp(shard);
      await expectEqualStores(shard);
      expect((await shard.sink.position())?.copyId).toBeGreaterThan(backedUp?.copyId ?? 0n);
    } finally {
      for (const table of tables) await clickhouse.command(`DROP TABLE backup_${table}`);
    }
  });

  it('fails and names the cause when the slot has lost WAL', async () => {
    await leaveBehind();
    await changeUnseen();
    await shard.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
    await shard.sql('SELECT pg_reload_conf()');
    await vi.waitFor(async () => {
      await shard.sql("SELECT pg_logical_emit_message(false, 'filler', 'x')");
      await shard.sql('SELECT pg_switch_wal()');
      await shard.sql('CHECKPOINT');
      expect(await shard.sql("SELECT wal_status FROM pg_replication_slots WHERE slot_name = 'atlas_cdc'")).toEqual([
        { wal_status: 'lost' },
      ]);
    }, WAIT);
    await shard.sql('ALTER SYSTEM RESET max_slot_wal_keep_size');
    await shard.sql('SELECT pg_reload_conf()');
    await expectFailure(/has lost changes/);
    await expectRepair();
  });

  it.each(['atlas.entity', 'atlas.entity_p0', 'ONLY atlas.entity_p3'])(
    'fails and names the cause after TRUNCATE %s, and is copied again on demand',
    async (table) => {
      await leaveBehind();
      await shard.sql(`TRUNCATE ${table}`);
      await putMany(shard, 50, 60);
      await expectFailure(/^atlas\.entity(_p\d)? was truncated, which change capture cannot follow/);
      await expectRepair();
    },
  );

  it('ignores a TRUNCATE that is rolled back, and messages of others', async () => {
    await leaveBehind();
    await shard.sql(
      'DO $$ BEGIN BEGIN TRUNCATE atlas.entity_p0; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN END; END $$',
    );
    await shard.sql("SELECT pg_logical_emit_message(true, 'other', 'atlas.truncate')");
    await putMany(shard, 50, 120);
    const replicator = await shard.replicator();
    await caughtUp(shard);
    expect(replicator.state().phase).toBe('streaming');
    await expectEqualStores(shard);
  });

  it('is copied again when ClickHouse has lost everything', async () => {
    await leaveBehind();
    for (const table of ['entity', 'entity_attribute', 'replication_watermark']) {
      await shard.clickhouse.command(`TRUNCATE TABLE ${table}`);
    }
    await shard.replicator();
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('starts an interrupted copy over', async () => {
    await putMany(shard, 1, 500);
    const crash = crashingAt(shard.clickhouse, 4, 'after');
    const dying = await shard.replicator({
      clickhouse: crash.database,
      limits: { rows: 100, flushMs: 20 },
    });
    await vi.waitFor(() => expect(crash.happened()).toBe(true), WAIT);
    expect(dying.state().phase).toBe('retrying');
    await dying.stop();
    expect(await shard.sink.position()).toBeNull();
    await shard.sql('DELETE FROM atlas.entity WHERE entity_id <= 20');
    await shard.replicator();
    await caughtUp(shard);
    await expectEqualStores(shard);
  });
});
