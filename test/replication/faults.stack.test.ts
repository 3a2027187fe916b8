import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ShutdownGrace } from '../../src/lifecycle/shutdown-grace.ts';
import type { ShardReplicator } from '../../src/replication/shard-replicator.ts';
import { aroundInserts } from './support/crashing-database.ts';
import { recorder } from './support/log-recorder.ts';
import { caughtUp, expectEqualStores, put, putMany, WAIT } from './support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from './support/replicated-shard.ts';
import { lookupOf, TEST_ATTRIBUTES } from './support/test-attributes.ts';

describe('change capture while something fails', () => {
  let shard: ReplicatedShard;
  beforeAll(async () => {
    shard = await startReplicatedShard();
  });
  afterEach(() => shard.reset());
  afterAll(() => shard?.stop());

  async function phaseBecomes(replicator: ShardReplicator, phase: string): Promise<void> {
    await vi.waitFor(() => expect(replicator.state().phase).toBe(phase), WAIT);
  }

  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: shard.endpoints.primary });
    await client.connect();
    return client;
  }
  const insertOf = (id: number) =>
    `INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
     VALUES (1, ${id}, 'thing', 1, now(), now(), '{}')`;

  it('retries, visibly, while the disk of ClickHouse is full', async () => {
    let inserts = 0;
    const database = aroundInserts(shard.clickhouse, { before: () => void inserts++ });
    const replicator = await shard.replicator({ clickhouse: database });
    await caughtUp(shard);
    // More than any disk has free.
    const isFull = (bytes: bigint) =>
      shard.clickhouse.command(`ALTER TABLE entity MODIFY SETTING min_free_disk_bytes_to_perform_insert = ${bytes}`);
    await isFull(2n ** 60n);
    try {
      await putMany(shard, 1, 100);
      const before = inserts;
      await vi.waitFor(() => expect(inserts).toBeGreaterThan(before + 4), WAIT);
      expect(replicator.state()).toMatchObject({
        phase: 'retrying',
        lastError: expect.stringMatching(/free bytes|space/),
      });
      expect(replicator.state().pendingMessages).toBeGreaterThanOrEqual(100);
    } finally {
      await isFull(0n);
    }
    await caughtUp(shard);
    expect(replicator.state()).toMatchObject({ phase: 'streaming', lastError: null });
    await expectEqualStores(shard);
  });

  it('waits for the definition of an attribute that it does not know', async () => {
    const definitions = TEST_ATTRIBUTES.filter(({ id }) => id !== 2);
    const known = lookupOf(TEST_ATTRIBUTES);
    let lookup = lookupOf(definitions);
    let arrived = false;
    const replicator = await shard.replicator({
      attributes: {
        byId: (id) => lookup.byId(id),
        refresh: async () => {
          if (arrived) lookup = known;
        },
        atLeast: async () => {},
        moving: () => [],
      },
    });
    await caughtUp(shard);
    await put(shard, 1, { '1': 'known' });
    await put(shard, 2, { '1': 'known', '2': 2 });
    await phaseBecomes(replicator, 'retrying');
    expect(replicator.state().lastError).toMatch(/Attribute 2 .* waiting for its definition/);
    arrived = true;
    await caughtUp(shard);
    await expectEqualStores(shard);
    expect(replicator.state().phase).toBe('streaming');
  });

  it('gets past a change that keeps the process busy for longer than its lease', async () => {
    const { logger, lines } = recorder();
    const known = lookupOf(TEST_ATTRIBUTES);
    let busyMs = 0;
    const attributes = {
      ...known,
      byId: (id: number) => {
        const until = performance.now() + busyMs;
        while (performance.now() < until);
        return known.byId(id);
      },
    };
    const replicator = await shard.replicator({ logger, attributes, leaseMs: 1_000 });
    await caughtUp(shard);
    busyMs = 1_500;
    await put(shard, 1, { '1': 'huge' });
    await caughtUp(shard);
    busyMs = 0;
    // It works again once a batch has arrived; the last one may have been written while the stream had ended.
    await caughtUp(shard);
    await expectEqualStores(shard);
    // Only a batch shows that it works again, and the last one may have arrived just before another connection was lost.
    await vi.waitFor(async () => {
      await shard.beat();
      expect(replicator.state().phase).toBe('streaming');
    }, WAIT);
    expect(lines.filter(({ level }) => level > 30).length).toBeGreaterThan(0);
    expect(lines.at(-1)?.msg).toBe('change capture of shard s0 works again');
  });

  it('reconnects when its connections to Postgres are cut', async () => {
    const replicator = await shard.replicator();
    await caughtUp(shard);
    for (let round = 0; round < 3; round++) {
      await putMany(shard, 1, 300, round);
      await shard.sql(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = $1',
        ['walsender'],
      );
      await put(shard, 1_000 + round, { '1': 'after the cut' });
    }
    await caughtUp(shard);
    await expectEqualStores(shard);
    expect(replicator.state().phase).toBe('streaming');
  });

  it('leaves a shard to the replicator that has it, and takes over when that one stops', async () => {
    const first = await shard.replicator();
    await phaseBecomes(first, 'streaming');
    const { logger, lines } = recorder();
    const second = await shard.replicator({ logger });
    await phaseBecomes(second, 'standby');
    const [holder] = await shard.sql<{ pid: number }>(
      "SELECT active_pid AS pid FROM pg_replication_slots WHERE slot_name = 'atlas_cdc'",
    );
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: 'change capture of shard s0: standby',
        heldBy: `"atlas replicate" from 127.0.0.1, server process ${holder?.pid}`,
      }),
    );
    await putMany(shard, 1, 50);
    await first.stop();
    await phaseBecomes(second, 'streaming');
    await putMany(shard, 40, 90, 1);
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('stops reading while ClickHouse is slow, so that memory stays bounded', async () => {
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let closed = false;
    const database = aroundInserts(shard.clickhouse, { before: () => (closed ? gate : undefined) });
    const replicator = await shard.replicator({
      clickhouse: database,
      // Twice as many within one transaction.
      limits: { rows: 500, flushMs: 20 },
    });
    await caughtUp(shard);
    closed = true;
    await shard.sql(`
      INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
      SELECT 1, i, 'thing', 1, now(), now(), jsonb_build_object('6', repeat('x', 1000)) FROM generate_series(1, 20000) i`);
    try {
      await vi.waitFor(async () => {
        const rows = await shard.sql(
          "SELECT wait_event FROM pg_stat_activity WHERE application_name = 'atlas replicate' AND backend_type = 'walsender'",
        );
        expect(rows).toEqual([{ wait_event: 'WalSenderWriteData' }]);
        expect(replicator.state().pendingMessages).toBeGreaterThanOrEqual(2_000);
      }, WAIT);
      expect(replicator.state().pendingMessages).toBeLessThan(2_100);
    } finally {
      closed = false;
      open();
    }
    await caughtUp(shard);
    const rows = await shard.clickhouse.query<{ n: string }>('SELECT count() AS n FROM entity FINAL');
    expect(rows).toEqual([{ n: '20000' }]);
  });

  it('carries 100 MB of JSON in one transaction, in batches that memory holds', async () => {
    let largest = 0;
    const database: ReplicatedShard['clickhouse'] = {
      query: (text, parameters, signal) => shard.clickhouse.query(text, parameters, signal),
      insert: (table, rows) => shard.clickhouse.insert(table, rows),
      insertLines: (table, columns, chunks) => {
        largest = Math.max(
          largest,
          chunks.reduce((sum, { length }) => sum + length, 0),
        );
        return shard.clickhouse.insertLines(table, columns, chunks);
      },
      command: (text, parameters) => shard.clickhouse.command(text, parameters),
      serverChanges: 0,
      catchUp: (tables, given) => shard.clickhouse.catchUp(tables, given),
      close: () => shard.clickhouse.close(),
    };
    await shard.replicator({ clickhouse: database, limits: { rows: 20_000, flushMs: 20 } });
    await caughtUp(shard);
    await shard.sql(`
      INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
      SELECT 1, i, 'thing', 1, now(), now(), jsonb_build_object('6', repeat(md5(i::text), 32 * 1024)) FROM generate_series(1, 100) i`);
    await caughtUp(shard);
    const [stored] = await shard.clickhouse.query(
      'SELECT count() AS entities, sum(length(attributes)) > 100 * 1024 * 1024 AS isWhole FROM entity FINAL',
    );
    expect(stored).toEqual({ entities: '100', isWhole: 1 });
    expect(largest).toBeLessThan(40 * 1024 * 1024);
  });

  it('goes on while the table that it streams is altered', async () => {
    const replicator = await shard.replicator();
    await putMany(shard, 1, 50);
    try {
      await shard.sql('ALTER TABLE atlas.entity ADD COLUMN later text');
      await putMany(shard, 40, 90, 1);
    } finally {
      await shard.sql('ALTER TABLE atlas.entity DROP COLUMN later');
    }
    await putMany(shard, 80, 120, 2);
    await caughtUp(shard);
    await expectEqualStores(shard);
    // The first copy may have brought everything before the stream begins.
    await vi.waitFor(() => expect(replicator.state().phase).toBe('streaming'), 10_000);
  });

  it('shows every row that committed before the watermark that a reader has seen', async () => {
    await shard.replicator({ limits: { rows: 50, flushMs: 5 } });
    await caughtUp(shard);
    const [ROWS, READS] = [200, 30];
    /** Commit times in milliseconds, by entity id; ids count up. */
    const committed: number[] = [];
    let [reads, writing, reading] = [0, true, true];
    const write = async () => {
      for (let id = 1; reading && (id <= ROWS || reads < READS); id++) {
        await put(shard, id, { '1': `row ${id}` });
        const [row] = await shard.sql<{ at: number }>(
          'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS at',
        );
        committed[id] = row?.at ?? Number.NaN;
        await shard.beat();
      }
      writing = false;
    };
    const read = async () => {
      for (; writing; reads++) {
        const position = await shard.sink.position();
        const rows = await shard.clickhouse.query<{ id: string }>('SELECT entity_id AS id FROM entity FINAL');
        const visible = new Set(rows.map(({ id }) => Number(id)));
        const missing = committed.findIndex((at, id) => at < (position?.heartbeatAt ?? 0) && !visible.has(id));
        expect(missing).toBe(-1);
      }
    };
    await Promise.all([write(), read().finally(() => (reading = false))]);
  });

  it('keeps the change of a transaction that was running when the slot was made', async () => {
    await put(shard, 1, { '1': 'before' });
    const [a, b, c] = await Promise.all([connect(), connect(), connect()]);
    const begin = async (client: pg.Client) => {
      await client.query('BEGIN');
      return (await client.query<{ xid: string }>('SELECT pg_current_xact_id() AS xid')).rows[0]?.xid;
    };
    const isWaitedFor = (xid: string | undefined) =>
      vi.waitFor(async () => {
        const waiting = await shard.sql(
          "SELECT 1 FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted AND transactionid = $1::xid",
          [xid],
        );
        expect(waiting).toHaveLength(1);
      }, WAIT);
    try {
      // Creating a slot waits for the running transactions twice; a transaction that begins during the second wait is decoded.
      const first = await begin(a);
      const replicator = await shard.replicator();
      await isWaitedFor(first);
      const second = await begin(b);
      await a.query('COMMIT');
      await isWaitedFor(second);
      await c.query('BEGIN');
      await c.query(`UPDATE atlas.entity SET attributes = '{"1": "after"}', version = 2 WHERE entity_id = 1`);
      await b.query('COMMIT');
      await phaseBecomes(replicator, 'streaming');
      await c.query('COMMIT');
      await caughtUp(shard);
      await expectEqualStores(shard);
    } finally {
      await Promise.all([a.end(), b.end(), c.end()]);
    }
  });

  it('does not skip a commit that begins exactly where the acknowledged one ended', async () => {
    const replicator = await shard.replicator();
    await caughtUp(shard);
    const [a, b] = await Promise.all([connect(), connect()]);
    try {
      await a.query('BEGIN');
      await b.query('BEGIN');
      await a.query(insertOf(1));
      await b.query(insertOf(2));
      await a.query('COMMIT');
      await vi.waitFor(async () => {
        expect(await shard.clickhouse.query('SELECT 1 FROM entity WHERE tenant_id > 0')).toHaveLength(1);
      }, WAIT);
      await replicator.stop();
      await b.query('COMMIT');
      await shard.replicator();
      await caughtUp(shard);
      await expectEqualStores(shard);
    } finally {
      await Promise.all([a.end(), b.end()]);
    }
  });

  it('stops while the primary does not say what state it is in', async () => {
    const client = await connect();
    try {
      await client.query('BEGIN');
      await client.query('LOCK TABLE atlas.shard IN ACCESS EXCLUSIVE MODE');
      const replicator = await shard.replicator();
      await vi.waitFor(async () => {
        expect(
          await shard.sql("SELECT 1 FROM pg_locks WHERE relation = 'atlas.shard'::regclass AND NOT granted"),
        ).toEqual([{ '?column?': 1 }]);
      }, WAIT);
      await replicator.stop();
      expect(replicator.state().phase).toBe('stopped');
    } finally {
      await client.end();
    }
  });

  it('stops while ClickHouse does not answer, once its grace is over, and loses nothing', async () => {
    let silent = false;
    let calls = 0;
    const database = aroundInserts(shard.clickhouse, {
      before: () => {
        if (!silent) return;
        calls++;
        return new Promise(() => {});
      },
    });
    const replicator = await shard.replicator({ clickhouse: database, grace: new ShutdownGrace(50) });
    await caughtUp(shard);
    silent = true;
    await putMany(shard, 1, 50);
    await vi.waitFor(() => expect(calls).toBeGreaterThan(0), WAIT);
    await replicator.stop();
    expect(replicator.state().phase).toBe('stopped');
    await shard.replicator();
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('has acknowledged everything when it has stopped', async () => {
    const replicator = await shard.replicator({ limits: { rows: 1_000, flushMs: 60_000 } });
    await phaseBecomes(replicator, 'streaming');
    await putMany(shard, 1, 100);
    await vi.waitFor(() => expect(replicator.state().pendingMessages).toBeGreaterThanOrEqual(100), WAIT);
    await replicator.stop();
    await expectEqualStores(shard);
    const position = await shard.sink.position();
    await vi.waitFor(async () => {
      const [slot] = await shard.sql(
        `SELECT (confirmed_flush_lsn - '0/0')::text AS lsn, active FROM pg_replication_slots WHERE slot_name = 'atlas_cdc'`,
      );
      expect(slot).toEqual({ lsn: String(position?.lsn), active: false });
    });
    expect(replicator.state()).toMatchObject({ phase: 'stopped', pendingMessages: 0 });
  });
});
