import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { ReplicationMonitor } from '../../../src/datasources/monitoring/replication-monitor.ts';
import type { SlotState } from '../../../src/freshness/replication-state.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { caughtUp, expectEqualStores, put, WAIT } from '../../replication/support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from '../../replication/support/replicated-shard.ts';

const MB = 2 ** 20;
const LIMIT_MB = 96;
const logger = createLogger('silent');

describe('the WAL that a stopped replicator retains', () => {
  let shard: ReplicatedShard;
  let primary: PostgresPool;
  let monitor: ReplicationMonitor;

  beforeAll(async () => {
    shard = await startReplicatedShard({
      ...{ max_slot_wal_keep_size: `${LIMIT_MB}MB`, min_wal_size: '32MB', max_wal_size: '32MB' },
    });
    primary = new PostgresPool({
      ...{ shard: 's0', role: 'primary', url: shard.endpoints.primary, size: 3, logger },
      ...{ connectTimeoutMs: 5_000, statementTimeoutMs: 10_000, applicationName: 'test' },
    });
    monitor = new ReplicationMonitor({
      ...{ shards: [{ primary, replicas: [] }], clickhouse: shard.clickhouse, slotName: 'atlas_cdc' },
      captureFailure: () => null,
      primaryClocks: { primaryClockAhead: () => 0, distrust: () => {} },
      periodMs: 50,
      catalogSlots: () => ['atlas_catalog_s1'],
      thresholds: {
        ...{ replicaLagMs: 5_000, clickhouseLagMs: 5_000, changeStreamMessages: 1_000 },
        ...{ topicMessages: 50_000, slotWalBytes: 40 * MB, slotSafePercent: 25 },
      },
      ...{ clock: systemClock, logger },
    });
    await monitor.start();
  });
  afterAll(async () => {
    await monitor?.stop();
    await primary?.close();
    await shard?.stop();
  });

  const slot = (): SlotState | undefined => monitor.slots('s0').find(({ name }) => name === 'atlas_cdc');
  const slotBecomes = (expected: Partial<SlotState>) => vi.waitFor(() => expect(slot()).toMatchObject(expected), WAIT);
  /** Fills one segment of 16 MB, as a writer would, and looks for WAL to remove. */
  const writeSegment = async () => {
    await shard.sql(
      "SELECT pg_logical_emit_message(false, 'filler', repeat('x', 1000000)) FROM generate_series(1, 16)",
    );
    await shard.sql('SELECT pg_switch_wal()');
    await shard.sql('CHECKPOINT');
  };

  it('is little while the replicator runs', async () => {
    const replicator = await shard.replicator();
    await put(shard, 1, { '1': 'before' });
    await caughtUp(shard);
    await slotBecomes({ health: 'HEALTHY', walStatus: 'reserved' });
    expect(slot()?.retainedBytes).toBeLessThan(40 * MB);
    expect(slot()?.safeBytes).toBeGreaterThan((LIMIT_MB / 2) * MB);
    await replicator.stop();
  });

  it('degrades its health beyond the threshold, with what is left', async () => {
    for (let written = 0; written < 3; written++) await writeSegment();
    await slotBecomes({ health: 'DEGRADED' });
    const { retainedBytes, safeBytes } = slot() ?? {};
    expect(retainedBytes).toBeGreaterThan(40 * MB);
    expect(safeBytes).toBeLessThan(LIMIT_MB * MB);
    expect(safeBytes).toBeGreaterThan(0);
  });

  it('never exceeds the limit of the primary, which takes writes, and then counts as lost', async () => {
    for (let written = 0; written < 8; written++) {
      await writeSegment();
      await put(shard, 100 + written, { '1': 'written meanwhile' });
    }
    await slotBecomes({ health: 'DOWN', walStatus: 'lost', retainedBytes: null, safeBytes: 0 });
    const [wal] = await shard.sql<{ mb: number }>('SELECT sum(size)::float8 / 1048576 AS mb FROM pg_ls_waldir()');
    expect(wal?.mb).toBeLessThan(LIMIT_MB + 4 * 16);
    expect(monitor.changeStream('s0').health).toBe('DOWN');
  });

  it('is released when the shard is copied again', async () => {
    await shard.replicator({ resnapshot: true });
    await caughtUp(shard);
    await expectEqualStores(shard);
    await slotBecomes({ health: 'HEALTHY' });
  });

  it('reports a slot of the catalog that is not there', () => {
    expect(monitor.slots('s0')).toContainEqual({
      ...{ name: 'atlas_catalog_s1', health: 'DEGRADED', walStatus: 'missing', retainedBytes: null, safeBytes: 0 },
      spilledBytes: null,
    });
  });
});
