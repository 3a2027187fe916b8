import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Backoff } from '../../src/lifecycle/backoff.ts';
import type { ShardReplicator } from '../../src/replication/shard-replicator.ts';
import { recorder } from './support/log-recorder.ts';
import { caughtUp, expectEqualStores, put, putMany, WAIT } from './support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from './support/replicated-shard.ts';

const [INFO, ERROR] = [30, 50];

describe('change capture that retrying cannot repair', () => {
  let shard: ReplicatedShard;
  beforeAll(async () => {
    shard = await startReplicatedShard();
  });
  afterEach(() => shard.reset());
  afterAll(() => shard?.stop());

  async function becomes(replicator: ShardReplicator, phase: string): Promise<void> {
    await vi.waitFor(() => expect(replicator.state().phase).toBe(phase), WAIT);
  }

  /** Every phase it is in while `count` further checks of the sink return. */
  async function phasesDuring(replicator: ShardReplicator, looks: () => number, count: number): Promise<Set<string>> {
    const phases = new Set<string>();
    const enough = looks() + count;
    await vi.waitFor(() => {
      phases.add(replicator.state().phase);
      expect(looks()).toBeGreaterThanOrEqual(enough);
    }, WAIT);
    return phases;
  }

  /** ClickHouse, with a count of the queries for the position. */
  function counting() {
    let looks = 0;
    const { clickhouse } = shard;
    return {
      looks: () => looks,
      clickhouse: {
        ...passing(clickhouse),
        query: <Row extends object>(text: string, parameters?: Parameters<typeof clickhouse.query>[1]) => {
          looks++;
          return clickhouse.query<Row>(text, parameters);
        },
      },
    };
  }
  const passing = (database: ReplicatedShard['clickhouse']): ReplicatedShard['clickhouse'] => ({
    query: (text, parameters) => database.query(text, parameters),
    insert: (table, rows) => database.insert(table, rows),
    insertLines: (table, columns, chunks) => database.insertLines(table, columns, chunks),
    command: (text, parameters) => database.command(text, parameters),
    serverChanges: 0,
    catchUp: (tables, given) => database.catchUp(tables, given),
    close: () => database.close(),
  });

  it('stays failed, logs its reason once as an error, and continues when another process has copied the shard', async () => {
    const { logger, lines } = recorder();
    const { clickhouse, looks } = counting();
    await putMany(shard, 1, 100);
    const replicator = await shard.replicator({ logger, clickhouse });
    await caughtUp(shard);
    await shard.sql('TRUNCATE atlas.entity');
    await becomes(replicator, 'failed');
    await putMany(shard, 50, 60);
    expect(await phasesDuring(replicator, looks, 3)).toEqual(new Set(['failed']));
    expect(lines.filter(({ level }) => level > INFO)).toEqual([
      expect.objectContaining({
        level: ERROR,
        msg: 'change capture of shard s0 has failed',
        reason: expect.stringContaining('atlas.entity was truncated'),
      }),
    ]);
    expect(lines.map(({ msg }) => msg)).not.toContain('change capture of shard s0 works again');

    const repair = await shard.replicator({ resnapshot: true, limits: { rows: 10, flushMs: 5 } });
    // The repair detects the truncation itself, on the slot that the failed process has released.
    await caughtUp(shard);
    await repair.stop();
    await becomes(replicator, 'streaming');
    await put(shard, 1, { '1': 'after the repair' });
    await caughtUp(shard);
    await expectEqualStores(shard);
    await becomes(replicator, 'streaming');
    expect(replicator.state().lastError).toBeNull();
    expect(lines.filter(({ level }) => level > INFO)).toHaveLength(1);
    expect(lines.filter(({ msg }) => msg.endsWith('works again'))).toHaveLength(1);
  });

  it('repairs a truncated shard by itself with resnapshot, and never fails', async () => {
    await putMany(shard, 1, 100);
    const { logger, lines } = recorder();
    const replicator = await shard.replicator({ resnapshot: true, logger });
    await caughtUp(shard);
    await shard.sql('TRUNCATE atlas.entity');
    await putMany(shard, 50, 60);
    await caughtUp(shard);
    await expectEqualStores(shard);
    await becomes(replicator, 'streaming');
    expect(replicator.state().lastError).toBeNull();
    expect(lines.filter(({ level }) => level >= ERROR)).toEqual([]);
    expect(lines.map(({ msg }) => msg)).toContain('change capture of shard s0: copying the shard again');
  });

  it('fails while the server is another shard, and continues when it is not', async () => {
    await putMany(shard, 1, 50);
    await shard.sql("UPDATE atlas.shard SET shard_id = 's9'");
    const replicator = await shard.replicator({ resnapshot: true });
    try {
      await becomes(replicator, 'failed');
      expect(replicator.state().lastError).toBe(
        'The primary of shard s0 in ATLAS_SHARDS is a server of shard s9; correct its URL.',
      );
      expect(await shard.clickhouse.query('SELECT 1 FROM entity WHERE tenant_id > 0')).toEqual([]);
    } finally {
      await shard.sql("UPDATE atlas.shard SET shard_id = 's0'");
    }
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('fails when a heartbeat of another shard arrives in its stream, until the shard is copied again', async () => {
    await putMany(shard, 1, 50);
    const replicator = await shard.replicator();
    await becomes(replicator, 'streaming');
    await shard.sql("UPDATE atlas.shard SET shard_id = 's9', heartbeat_at = clock_timestamp()");
    await shard.sql("UPDATE atlas.shard SET shard_id = 's0'");
    await becomes(replicator, 'failed');
    expect(replicator.state().lastError).toContain('The change stream of shard s0 comes from shard s9');
    const repair = await shard.replicator({ resnapshot: true });
    await caughtUp(shard);
    await repair.stop();
    await becomes(replicator, 'streaming');
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('says once that another shard answers, however it finds out', async () => {
    const { logger, lines } = recorder();
    const { clickhouse, looks } = counting();
    const replicator = await shard.replicator({ logger, clickhouse });
    await becomes(replicator, 'streaming');
    await shard.sql("UPDATE atlas.shard SET shard_id = 's9', heartbeat_at = clock_timestamp()");
    try {
      await becomes(replicator, 'failed');
      expect(await phasesDuring(replicator, looks, 3)).toEqual(new Set(['failed']));
    } finally {
      await shard.sql("UPDATE atlas.shard SET shard_id = 's0'");
    }
    expect(lines.filter(({ level }) => level > INFO)).toEqual([
      expect.objectContaining({ level: ERROR, reason: replicator.state().lastError }),
    ]);
  });

  it('fails once while ClickHouse is ahead of the WAL, and still does when the WAL has grown past it', async () => {
    await putMany(shard, 1, 50);
    const first = await shard.replicator();
    await caughtUp(shard);
    await first.stop();
    const position = await shard.sink.position();
    if (position === null) throw new Error('The copy is not complete');
    await shard.sink.advance(position.lsn, { ...position, lsn: position.lsn + 1_000_000n }, 0);
    const { logger, lines } = recorder();
    const { clickhouse, looks } = counting();
    const replicator = await shard.replicator({ logger, clickhouse });
    await becomes(replicator, 'failed');
    await shard.beat();
    expect(await phasesDuring(replicator, looks, 2)).toEqual(new Set(['failed']));
    await shard.sql("SELECT pg_logical_emit_message(false, 'filler', repeat('x', 2000000))");
    expect(await phasesDuring(replicator, looks, 2)).toEqual(new Set(['failed']));
    expect(lines.filter(({ level }) => level > INFO)).toEqual([
      expect.objectContaining({ level: ERROR, reason: expect.stringContaining("beyond the end of the primary's WAL") }),
    ]);
    await shard.replicator({ resnapshot: true });
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it.each([
    ['a delete', 'DELETE FROM atlas.entity WHERE entity_id = 3'],
    ['a new key', 'UPDATE atlas.entity SET entity_id = 1003 WHERE entity_id = 3'],
  ])('fails when %s arrives from a partition that logs its key alone', async (_what, statement) => {
    await putMany(shard, 1, 50);
    const replicator = await shard.replicator();
    await becomes(replicator, 'streaming');
    const setIdentity = (identity: string) =>
      shard.sql(
        `DO $$ BEGIN FOR i IN 0..7 LOOP EXECUTE format('ALTER TABLE atlas.entity_p%s REPLICA IDENTITY ${identity}', i); END LOOP; END $$`,
      );
    await setIdentity('DEFAULT');
    try {
      await shard.sql(statement);
      await becomes(replicator, 'failed');
      expect(replicator.state().lastError).toContain('lacks REPLICA IDENTITY FULL');
    } finally {
      await setIdentity('FULL');
    }
    await shard.replicator({ resnapshot: true });
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('fails without REPLICA IDENTITY FULL, even with resnapshot, and copies once it is set', async () => {
    await putMany(shard, 1, 50);
    const { logger, lines } = recorder();
    const replicator = await shard.replicator({ resnapshot: true, logger });
    await becomes(replicator, 'streaming');
    await shard.sql('ALTER TABLE atlas.entity REPLICA IDENTITY DEFAULT');
    try {
      await put(shard, 3, { '1': 'without its old row' });
      await becomes(replicator, 'failed');
      expect(replicator.state().lastError).toContain('lacks REPLICA IDENTITY FULL');
    } finally {
      await shard.sql('ALTER TABLE atlas.entity REPLICA IDENTITY FULL');
    }
    await caughtUp(shard);
    await expectEqualStores(shard);
    expect(lines.filter(({ level }) => level >= ERROR)).toHaveLength(1);
  });

  it.each([
    [
      'dropped and created again',
      'DROP PUBLICATION atlas_cdc',
      'CREATE PUBLICATION atlas_cdc FOR TABLE atlas.entity, atlas.shard, atlas.audit WITH (publish_via_partition_root = true)',
    ],
    [
      'without a table for a while',
      'ALTER PUBLICATION atlas_cdc DROP TABLE atlas.entity',
      'ALTER PUBLICATION atlas_cdc ADD TABLE atlas.entity',
    ],
    [
      'without updates for a while',
      "ALTER PUBLICATION atlas_cdc SET (publish = 'insert, delete, truncate')",
      "ALTER PUBLICATION atlas_cdc SET (publish = 'insert, update, delete, truncate')",
    ],
    [
      'renamed for a while',
      'ALTER PUBLICATION atlas_cdc RENAME TO renamed',
      'ALTER PUBLICATION renamed RENAME TO atlas_cdc',
    ],
  ])('fails when its publication was %s, because changes are missing', async (_what, drop, create) => {
    await putMany(shard, 1, 50);
    const { logger, lines } = recorder();
    const replicator = await shard.replicator({ logger });
    await caughtUp(shard);
    const before = await shard.sink.position();
    try {
      await shard.sql(drop);
      await put(shard, 1, { '1': 'never published' });
    } finally {
      await shard.sql(create);
    }
    await put(shard, 2, { '1': 'published again' });
    const beat = await shard.beat();
    // It may have looked while the publication was missing.
    await vi.waitFor(
      () =>
        expect(replicator.state()).toMatchObject({
          phase: 'failed',
          lastError: expect.stringContaining('the publication "atlas_cdc" was created anew or changed'),
        }),
      WAIT,
    );
    expect(lines.filter(({ level }) => level >= ERROR).at(-1)?.reason).toBe(replicator.state().lastError);
    // Dropped as a whole, no position beyond the gap was ever shown to readers.
    const after = await shard.sink.position();
    if (drop.startsWith('DROP')) expect(after?.heartbeatAt).toBe(before?.heartbeatAt);
    expect(after?.heartbeatAt).toBeLessThanOrEqual(beat);
    await shard.replicator({ resnapshot: true });
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('fails while its publication is missing, even with resnapshot', async () => {
    await putMany(shard, 1, 50);
    const replicator = await shard.replicator({ resnapshot: true });
    await caughtUp(shard);
    try {
      await shard.sql('DROP PUBLICATION atlas_cdc');
      await becomes(replicator, 'failed');
      expect(replicator.state().lastError).toContain('the publication "atlas_cdc" is missing');
      await put(shard, 1, { '1': 'never published' });
    } finally {
      await shard.sql(
        'CREATE PUBLICATION atlas_cdc FOR TABLE atlas.entity, atlas.shard, atlas.audit WITH (publish_via_partition_root = true)',
      );
    }
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('fails while its publication has another table, and takes none of its rows for entities', async () => {
    await putMany(shard, 1, 50);
    await shard.sql('CREATE TABLE public.note (LIKE atlas.entity)');
    const replicator = await shard.replicator({ resnapshot: true });
    await caughtUp(shard);
    const before = await shard.sink.position();
    try {
      await shard.sql('ALTER PUBLICATION atlas_cdc ADD TABLE public.note');
      await shard.sql('ALTER TABLE public.note REPLICA IDENTITY FULL');
      await shard.sql('INSERT INTO public.note SELECT * FROM atlas.entity LIMIT 1');
      await shard.sql("UPDATE public.note SET entity_id = 4711, type = 'note'");
      await shard.sql('DELETE FROM public.note');
      await shard.sql('TRUNCATE public.note');
      await becomes(replicator, 'failed');
      expect(replicator.state().lastError).toContain(
        'the publication "atlas_cdc" publishes public.note; expected atlas.entity, atlas.shard and atlas.audit alone.',
      );
    } finally {
      await shard.sql('ALTER PUBLICATION atlas_cdc DROP TABLE public.note');
    }
    await putMany(shard, 40, 60, 1);
    await caughtUp(shard);
    await expectEqualStores(shard);
    expect((await shard.sink.position())?.copyId).toBe(before?.copyId);
  });

  it('continues when the lost slot of its primary is back', async () => {
    await putMany(shard, 1, 50);
    const first = await shard.replicator();
    await caughtUp(shard);
    await first.stop();
    await shard.sql("SELECT pg_copy_logical_replication_slot('atlas_cdc', 'kept')");
    await shard.dropSlot();
    await putMany(shard, 40, 60, 1);
    const replicator = await shard.replicator();
    await becomes(replicator, 'failed');
    await shard.sql("SELECT pg_copy_logical_replication_slot('kept', 'atlas_cdc')");
    await shard.sql("SELECT pg_drop_replication_slot('kept')");
    await caughtUp(shard);
    await expectEqualStores(shard);
    expect(replicator.state()).toMatchObject({ phase: 'streaming', lastError: null });
  });

  it('waits longer each time that it only connects, and works again only once a batch has arrived', async () => {
    const { logger, lines } = recorder();
    const delays: number[] = [];
    const backoff = new (class extends Backoff {
      override next(): number {
        delays.push(super.next());
        return delays.at(-1) ?? 0;
      }
    })({ random: () => 0 });
    const replicator = await shard.replicator({ logger, backoff });
    await caughtUp(shard);
    const cut = () =>
      shard.sql('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL');
    await vi.waitFor(async () => {
      await cut();
      expect(delays).toEqual([100, 200, 400, 800]);
    }, WAIT);
    expect(replicator.state().phase).toBe('retrying');
    expect(lines.filter(({ msg }) => msg.endsWith('fails'))).toHaveLength(1);
    expect(lines.filter(({ msg }) => msg.endsWith('works again'))).toEqual([]);
    await caughtUp(shard);
    await becomes(replicator, 'streaming');
    expect(lines.filter(({ msg }) => msg.endsWith('works again'))).toHaveLength(1);
    await cut();
    await vi.waitFor(() => expect(delays).toEqual([100, 200, 400, 800, 100]), WAIT);
  });
});
