import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectClickHouse } from '../../src/connections/clickhouse/clickhouse-client.ts';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { ClickHouseEntityReader } from '../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { count } from '../../src/datasources/questions/count.ts';
import { MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { outcomeOf } from '../../src/domain/source-error.ts';
import { migrateClickHouse } from '../../src/migration/migrate-clickhouse.ts';
import { PositionLostError } from '../../src/replication/sink/change-sink.ts';
import { ofTestCluster, TEST_CLUSTER } from '../support/clickhouse.ts';
import { type ClickHouseServer, startClickHouseServer } from '../support/clickhouse-http.ts';
import { aroundInserts } from './support/crashing-database.ts';
import { recorder } from './support/log-recorder.ts';
import { caughtUp, expectEqualStores, put, putMany, WAIT } from './support/replicated-data.ts';
import { CHDB_LIMITS, type ReplicatedShard, replicate, startShardDatabase } from './support/replicated-shard.ts';

const WARN = 40;
const USER = { CLICKHOUSE_USER: 'atlas', CLICKHOUSE_PASSWORD: 'secret', CLICKHOUSE_DB: 'atlas' };

describe('change capture while ClickHouse loses its data', () => {
  let server: ClickHouseServer;
  let shard: ReplicatedShard;
  let clickhouse: ClickHouseDatabase;

  beforeAll(async () => {
    server = await startClickHouseServer(USER);
    clickhouse = connectClickHouse(`http://atlas:secret@127.0.0.1:${server.port}/atlas`, {
      ...CHDB_LIMITS,
      applicationName: 'test',
    });
    shard = replicate(await startShardDatabase(), ofTestCluster(clickhouse));
    await migrate();
  });
  afterEach(() => shard.reset());
  afterAll(async () => {
    await shard?.stop();
    await server?.stop();
  });

  const migrate = () => migrateClickHouse(clickhouse, TEST_CLUSTER, (work) => work());
  const loseEverything = async () => {
    await server.kill();
    server.empty();
    await server.start();
  };

  /** Of the tenant that `watch` counts. */
  const putOfTenant = async (from: number, to: number) => {
    for (let id = from; id <= to; id++) await put(shard, id, { '1': `row ${id}` });
  };

  /** Counts in ClickHouse, over and over, what was committed before `beat`. @returns how often, until `done`. */
  async function watch(expected: bigint, beat: number, done: Promise<unknown>): Promise<{ known: number }> {
    const reader = new ClickHouseEntityReader(shard.clickhouse, ['s0']);
    const question = count({ tenantId: 1, type: null, filter: MATCH_ALL });
    let known = 0;
    let running = true;
    const end = done.finally(() => {
      running = false;
    });
    while (running) {
      try {
        const { data, watermarks } = await reader.ask(question, new AbortController().signal);
        const heartbeatAt = watermarks.get('s0')?.heartbeatAt ?? null;
        if (heartbeatAt === null || heartbeatAt < beat) continue;
        known++;
        expect(data).toBe(expected);
      } catch (error) {
        // Killed, or emptied and not migrated yet.
        if (outcomeOf(error) !== 'down' && !/Unknown (table )?expression/.test(String(error))) throw error;
      }
    }
    await end;
    return { known };
  }

  it('killed, emptied, started and migrated while a batch waits: no read claims missing rows, and all come back', async () => {
    await putOfTenant(1, 500);
    const replicator = await shard.replicator();
    await caughtUp(shard);
    const first = await shard.sink.position();
    await server.kill();
    await putOfTenant(501, 510);
    const beat = await shard.beat();
    await vi.waitFor(() => expect(replicator.state().phase).toBe('retrying'), WAIT);
    const repaired = (async () => {
      server.empty();
      await server.start();
      await migrate();
      await caughtUp(shard);
      await vi.waitFor(() => expect(replicator.state()).toMatchObject({ phase: 'streaming', lastError: null }), WAIT);
    })();
    await watch(510n, beat, repaired);
    await expectEqualStores(shard);
    expect((await shard.sink.position())?.copyId).toBeGreaterThan(first?.copyId ?? 0n);
    expect((await watch(510n, beat, caughtUp(shard))).known).toBeGreaterThan(0);
  });

  it.each([1, 2, 3])('emptied before statement %i of a batch', async (at) => {
    await putMany(shard, 1, 100);
    let armed = false;
    let statements = 0;
    const clickhouse = aroundInserts(shard.clickhouse, {
      before: async () => {
        if (!armed || ++statements !== at) return;
        await loseEverything();
        await migrate();
      },
    });
    await shard.replicator({ clickhouse });
    await caughtUp(shard);
    armed = true;
    await putMany(shard, 90, 110, 1);
    await vi.waitFor(() => expect(statements).toBeGreaterThan(3), WAIT);
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it.each(['entity', 'entity_attribute'])('%s truncated between a batch and its position', async (table) => {
    await putOfTenant(1, 100);
    let armed = false;
    const clickhouse = aroundInserts(shard.clickhouse, {
      before: async (_, target) => {
        if (!armed || target !== 'replication_watermark') return;
        armed = false;
        await shard.clickhouse.command(`TRUNCATE TABLE ${table}`);
      },
    });
    const { logger, lines } = recorder();
    const replicator = await shard.replicator({ clickhouse, logger });
    await caughtUp(shard);
    const first = await shard.sink.position();
    await putOfTenant(101, 110);
    const beat = await shard.beat();
    armed = true;
    const repaired = (async () => {
      await vi.waitFor(async () => {
        expect((await shard.sink.position())?.copyId).toBeGreaterThan(first?.copyId ?? 0n);
      }, WAIT);
      await caughtUp(shard);
      await vi.waitFor(() => expect(replicator.state()).toMatchObject({ phase: 'streaming', lastError: null }), WAIT);
    })();
    await watch(110n, beat, repaired);
    expect((await watch(110n, beat, caughtUp(shard))).known).toBeGreaterThan(0);
    await expectEqualStores(shard);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: WARN,
        msg: 'change capture of shard s0: the sink has lost the position',
        reason: 'ClickHouse has lost rows of shard s0; the shard is copied again.',
      }),
    );
  });

  it.each(['entity', 'entity_attribute'])('%s truncated while nobody captures changes', async (table) => {
    await putOfTenant(1, 100);
    const stopped = await shard.replicator();
    await caughtUp(shard);
    await stopped.stop();
    await shard.clickhouse.command(`TRUNCATE TABLE ${table}`);
    const beat = await shard.beat();
    await shard.replicator();
    await watch(100n, beat, caughtUp(shard));
    await expectEqualStores(shard);
  });

  it('emptied while the shard is copied: the copy starts over, and the log says why', async () => {
    await putMany(shard, 1, 3_000);
    let inserts = 0;
    const clickhouse = aroundInserts(shard.clickhouse, {
      before: async () => {
        if (++inserts !== 4) return;
        await loseEverything();
        await migrate();
      },
    });
    const { logger, lines } = recorder();
    const replicator = await shard.replicator({ clickhouse, limits: { rows: 500, flushMs: 20 }, logger });
    await vi.waitFor(() => expect(replicator.state()).toMatchObject({ phase: 'streaming', lastError: null }), WAIT);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: WARN,
        msg: 'change capture of shard s0: the sink has lost the position',
        reason: 'ClickHouse has lost its position of shard s0; the shard is copied again.',
      }),
    );
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('refuses to advance from a position that ClickHouse has lost, and writes nothing', async () => {
    const position = await copied();
    await shard.clickhouse.command('TRUNCATE TABLE replication_watermark');
    const refused = shard.sink.advance(position.lsn, { ...position, lsn: position.lsn + 1n }, 0);
    await expect(refused).rejects.toThrow(PositionLostError);
    await expect(refused).rejects.toThrow('ClickHouse has lost its position of shard s0; the shard is copied again.');
    expect(await shard.clickhouse.query('SELECT 1 FROM replication_watermark')).toEqual([]);
  });

  it('does not continue from a position that ClickHouse has gone back from', async () => {
    const position = await copied();
    await shard.sink.advance(position.lsn, { ...position, lsn: position.lsn + 10n }, 0);
    // A backup from before.
    await shard.clickhouse.command(`DELETE FROM replication_watermark WHERE lsn > ${position.lsn}`);
    const refused = shard.sink.advance(position.lsn + 10n, { ...position, lsn: position.lsn + 20n }, 0);
    await expect(refused).rejects.toThrow(
      `ClickHouse has gone back to position ${position.lsn} of shard s0, after it had reached ${position.lsn + 10n}; the stream starts over from there.`,
    );
    expect(await shard.sink.position()).toEqual(position);
  });

  async function copied() {
    const copyId = await shard.sink.beginCopy({ endsEarlier: true });
    await shard.sink.advance(0n, { copyId, lsn: 100n, heartbeatAt: null }, 0);
    const position = await shard.sink.position();
    if (position === null) throw new Error('The copy is not complete');
    return position;
  }
});
