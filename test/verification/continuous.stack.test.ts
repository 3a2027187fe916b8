import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PostgresDatabase } from '../../src/connections/postgres/postgres-database.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { ContinuousVerifier, type ContinuousVerifierOptions } from '../../src/verification/continuous-verifier.ts';
import { VerificationMonitor } from '../../src/verification/verification-monitor.ts';
import { readPasses } from '../../src/verification/verification-store.ts';
import { recorder } from '../replication/support/log-recorder.ts';
import { caughtUp, WAIT } from '../replication/support/replicated-data.ts';
import { copied, startVerifiedShard, TEST_OPTIONS, type VerifiedShard, write } from './support/verified-shard.ts';

const HOUR = 3_600_000;
const logger = pino({ level: 'silent' });

describe('continuous verification', () => {
  let shard: VerifiedShard;
  let monitor: VerificationMonitor;
  const running = new Set<ContinuousVerifier>();
  let isStreaming = true;
  let asked = 0;

  const start = async (overrides: Partial<ContinuousVerifierOptions> = {}) => {
    const verifier = new ContinuousVerifier({
      shards: [shard.compared],
      isStreaming: () => {
        asked++;
        return isStreaming;
      },
      comparison: { ...TEST_OPTIONS, limits: { rows: 50, bytes: 1_000_000 } },
      pace: { periodMs: HOUR, minRowsPerSecond: 100_000, maxRowsPerSecond: 100_000, rest: 0 },
      reportedDifferences: 10,
      clock: systemClock,
      logger,
      ...overrides,
    });
    running.add(verifier);
    await verifier.start();
    return verifier;
  };
  const completed = async () => (await readPasses(shard.clickhouse, ['s0'])).get('s0')?.completed ?? null;
  const left = async () => (await readPasses(shard.clickhouse, ['s0'])).get('s0')?.running ?? null;
  const damage = (id: number) =>
    shard.clickhouse.command(
      'ALTER TABLE entity UPDATE number_1 = -1 WHERE entity_id = {id:UInt64} SETTINGS mutations_sync = 2',
      { id },
    );

  beforeAll(async () => {
    shard = await startVerifiedShard({ replica: false });
    await shard.replicator();
    await copied(shard);
    await write(shard, Object.fromEntries(Array.from({ length: 100 }, (_, n) => [n + 1, { '2': n, '7': n }])));
    await caughtUp(shard);
    monitor = new VerificationMonitor({
      clickhouse: shard.clickhouse,
      shards: ['s0'],
      periodMs: HOUR,
      clock: systemClock,
    });
    await monitor.start();
  });
  afterEach(async () => {
    await Promise.all([...running].map((verifier) => verifier.stop()));
    running.clear();
    await shard.clickhouse.command('TRUNCATE TABLE verification');
  });
  afterAll(async () => {
    await monitor?.stop();
    await shard?.stop();
  });

  it('compares the shard, stores what it found, and reports it', async () => {
    await start();
    await vi.waitFor(async () => expect(await completed()).not.toBeNull(), WAIT);
    expect((await completed())?.totals).toMatchObject({ entities: 100, values: 100, differences: 0 });
    await vi.waitFor(
      () => expect(monitor.shard('s0')).toMatchObject({ health: 'HEALTHY', completed: { entities: 100 } }),
      WAIT,
    );
  });

  it('reports differences and leaves them alone by default', async () => {
    await damage(42);
    await start();
    await vi.waitFor(() => expect(monitor.shard('s0')).toMatchObject({ health: 'DEGRADED', differences: 1 }), WAIT);
    await vi.waitFor(
      async () => expect((await completed())?.totals).toMatchObject({ differences: 1, repaired: 0 }),
      WAIT,
    );
  });

  it('repairs them if it is configured to', async () => {
    await damage(43);
    await start({ comparison: { ...TEST_OPTIONS, repair: true } });
    // The one of the test before, too.
    await vi.waitFor(
      async () => expect((await completed())?.totals).toMatchObject({ differences: 2, repaired: 2 }),
      WAIT,
    );
    await vi.waitFor(() => expect(monitor.shard('s0')).toMatchObject({ health: 'HEALTHY', differences: 0 }), WAIT);
  });

  it('continues the pass that another process has left', async () => {
    const slow = { periodMs: HOUR, minRowsPerSecond: 1, maxRowsPerSecond: 1, rest: 0 };
    await damage(5);
    const first = await start({ pace: slow });
    await vi.waitFor(async () => expect((await left())?.totals.entities).toBe(50), WAIT);
    await first.stop();
    const interrupted = await left();
    await start();
    await vi.waitFor(async () => expect(await completed()).not.toBeNull(), WAIT);
    expect(await completed()).toMatchObject({
      startedAt: interrupted?.startedAt,
      totals: { entities: 100, differences: 1 },
    });
  });

  it('begins anew when the shard is copied again', async () => {
    const slow = { periodMs: HOUR, minRowsPerSecond: 1, maxRowsPerSecond: 1, rest: 0 };
    await damage(6);
    const first = await start({ pace: slow });
    await vi.waitFor(async () => expect((await left())?.totals.differences).toBeGreaterThan(0), WAIT);
    await first.stop();
    const copyId = await shard.sink.beginCopy({ endsEarlier: true });
    await shard.replicator();
    await vi.waitFor(
      async () => expect((await shard.sink.position())?.copyId ?? 0n).toBeGreaterThanOrEqual(copyId),
      WAIT,
    );
    await start();
    await vi.waitFor(async () => expect((await completed())?.copyId).toBeGreaterThanOrEqual(copyId), WAIT);
    expect((await completed())?.totals).toMatchObject({ entities: 100, differences: 0 });
  });

  it('goes on with the same chunk once a server that failed answers again', async () => {
    let failures = 2;
    const { server } = shard.compared;
    const failing: PostgresDatabase = {
      shard: server.shard,
      role: server.role,
      query: (statement, signal) => server.query(statement, signal),
      transaction: async (work, isolation, signal) => {
        if (failures-- > 0) throw new Error('the server has gone');
        return server.transaction(work, isolation, signal);
      },
      close: () => server.close(),
    };
    const log = recorder();
    await start({ shards: [{ ...shard.compared, server: failing }], logger: log.logger });
    await vi.waitFor(async () => expect((await completed())?.totals.entities).toBe(100), WAIT);
    expect(log.lines.map(({ msg }) => msg)).toEqual([
      'the verification of shard s0 fails',
      'the verification of shard s0 works again',
    ]);
  });

  it('does nothing while another process streams the shard', async () => {
    isStreaming = false;
    await start();
    asked = 0;
    await vi.waitFor(() => expect(asked).toBeGreaterThan(1), WAIT);
    expect((await readPasses(shard.clickhouse, ['s0'])).size).toBe(0);
    isStreaming = true;
    await vi.waitFor(async () => expect(await completed()).not.toBeNull(), WAIT);
  });
});
