import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ClickHouseEntityReader } from '../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { count } from '../../src/datasources/questions/count.ts';
import { MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { aroundInserts } from './support/crashing-database.ts';
import { recorder } from './support/log-recorder.ts';
import { caughtUp, expectEqualStores, put, putMany, WAIT } from './support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from './support/replicated-shard.ts';

const ENTITIES = 3_000;
const PER_TENANT = BigInt(ENTITIES / 3);

describe('a shard that is copied anew while it is streamed', () => {
  let shard: ReplicatedShard;
  beforeAll(async () => {
    shard = await startReplicatedShard();
  });
  afterEach(() => shard.reset());
  afterAll(() => shard?.stop());

  async function liveCopy(): Promise<bigint> {
    const position = await shard.sink.position();
    if (position === null) throw new Error('There is no complete copy');
    return position.copyId;
  }
  /** As `atlas resync` asks the process that streams the shard. */
  async function request(replaced: bigint): Promise<void> {
    await shard.sql("SELECT pg_logical_emit_message(true, 'atlas.resync', $1)", [String(replaced)]);
  }
  async function replaced(copyId: bigint): Promise<void> {
    await vi.waitFor(async () => {
      await shard.beat();
      expect(await liveCopy()).toBeGreaterThan(copyId);
    }, WAIT);
  }
  async function copiesStored(): Promise<bigint[]> {
    const rows = await shard.clickhouse.query<{ copy_id: string }>(
      'SELECT DISTINCT copy_id FROM entity UNION DISTINCT SELECT DISTINCT copy_id FROM entity_attribute ORDER BY copy_id',
    );
    return rows.map(({ copy_id }) => BigInt(copy_id));
  }

  it('is counted right all the time, with a known lag, and follows the new copy', async () => {
    await putMany(shard, 1, ENTITIES);
    const replicator = await shard.replicator({ limits: { rows: 200, flushMs: 5 } });
    await caughtUp(shard);
    const before = await liveCopy();
    let running = true;
    let next = ENTITIES;
    // Each transaction leaves as many entities of each tenant as there were.
    const write = async () => {
      while (running) {
        const [gone, come] = [next - ENTITIES + 1, ++next];
        await shard.sql(`DO $$ BEGIN
          DELETE FROM atlas.entity WHERE entity_id = ${gone};
          UPDATE atlas.entity SET attributes = (attributes - '1') || '{"2": ${next}}', version = version + 1 WHERE entity_id = ${gone + 7};
          INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
          VALUES (${1 + (gone % 3)}, ${come}, 'thing', 1, now(), now(), '{"1": "new"}');
          UPDATE atlas.shard SET heartbeat_at = clock_timestamp();
        END $$`);
      }
    };
    const copies = new Set<bigint>();
    const read = async () => {
      const reader = new ClickHouseEntityReader(shard.clickhouse, ['s0']);
      const question = count({ tenantId: 1, type: null, filter: MATCH_ALL });
      while (running) {
        const { data, watermarks } = await reader.ask(question, new AbortController().signal);
        expect(data).toBe(PER_TENANT);
        expect(watermarks.get('s0')?.heartbeatAt ?? null).not.toBeNull();
        copies.add(await liveCopy());
      }
    };
    const busy = Promise.all([write(), read().finally(() => (running = false))]);
    try {
      await request(before);
      await vi.waitFor(async () => expect(await liveCopy()).toBeGreaterThan(before), WAIT);
      // Counted in the new copy, too.
      await vi.waitFor(() => expect(copies.size).toBe(2), WAIT);
    } finally {
      running = false;
      await busy;
    }
    await caughtUp(shard);
    await expectEqualStores(shard);
    expect(replicator.state()).toMatchObject({ phase: 'streaming', copyProgress: null });
    const slots = await shard.sql("SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'logical'");
    expect(slots).toEqual([{ slot_name: 'atlas_cdc' }]);
  });

  it('stays with the copy that it has if the new one is interrupted, leaves nothing behind, and can be asked again', async () => {
    await putMany(shard, 1, 300);
    const { logger, lines } = recorder();
    await shard.replicator({ logger });
    await caughtUp(shard);
    const before = await liveCopy();
    // The snapshot waits for this transaction.
    const held = new pg.Client({ connectionString: shard.endpoints.primary });
    await held.connect();
    try {
      await held.query('BEGIN');
      await held.query('SELECT pg_current_xact_id()');
      await request(before);
      await vi.waitFor(async () => {
        await put(shard, 1, { '1': 'meanwhile' });
        expect(await copiesStored()).toHaveLength(2);
      }, WAIT);
      await shard.sql('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active');
      await vi.waitFor(
        () => expect(lines.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('given up')),
        WAIT,
      );
    } finally {
      await held.query('COMMIT');
      await held.end();
    }
    await caughtUp(shard);
    expect(await liveCopy()).toBe(before);
    await vi.waitFor(async () => expect(await copiesStored()).toEqual([before]), WAIT);
    await expectEqualStores(shard);
    await request(before);
    await replaced(before);
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('waits for a ClickHouse that fails meanwhile', async () => {
    await putMany(shard, 1, 500);
    let failures = 0;
    let armed = false;
    const clickhouse = aroundInserts(shard.clickhouse, {
      before: (insert, table) => {
        if (!armed || insert % 2 === 0 || failures > 10 || table === 'replication_watermark') return;
        failures++;
        throw new Error('disk full');
      },
    });
    await shard.replicator({ clickhouse, limits: { rows: 100, flushMs: 5 } });
    await caughtUp(shard);
    const before = await liveCopy();
    await request(before);
    armed = true;
    await putMany(shard, 400, 600, 1);
    await replaced(before);
    expect(failures).toBeGreaterThan(2);
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('takes no request for a copy that has been replaced already', async () => {
    await putMany(shard, 1, 100);
    await shard.replicator();
    await caughtUp(shard);
    const before = await liveCopy();
    await request(before);
    await request(before);
    await replaced(before);
    const after = await liveCopy();
    await request(before);
    await caughtUp(shard);
    expect(await liveCopy()).toBe(after);
    expect((await shard.clickhouse.query('SELECT DISTINCT copy_id FROM replication_watermark')).length).toBe(2);
  });
});
