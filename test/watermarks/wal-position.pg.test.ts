import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { SHOWN_COLUMNS, type ShownColumns, shownPosition, walBytes } from '../../src/watermarks/wal-position.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';

let cluster: TestCluster;
let primary: PostgresPool;
let replica: PostgresPool;

beforeAll(async () => {
  // WAL is flushed by commits only.
  const settings = { synchronous_commit: 'on', wal_writer_delay: '10s' };
  cluster = await startPostgresCluster({ replica: true, settings });
  const pool = (role: 'primary' | 'replica', url = '') =>
    new PostgresPool({
      shard: 's0',
      role,
      url,
      size: 1,
      connectTimeoutMs: 2_000,
      statementTimeoutMs: 5_000,
      applicationName: 'atlas-test',
      logger: createLogger('silent'),
    });
  primary = pool('primary', cluster.endpoints.primary);
  replica = pool('replica', cluster.endpoints.replicas[0]);
});

afterAll(async () => {
  await primary?.close();
  await replica?.close();
  await cluster?.stop();
});

const SHOWN = { text: `SELECT ${SHOWN_COLUMNS}`, values: [] };
const INSERTED = { text: `SELECT ${walBytes('pg_current_wal_insert_lsn()')} AS at`, values: [] };
const WRITE = { text: `SELECT pg_logical_emit_message(false, 'test', 'not flushed')`, values: [] };
const COMMIT = { text: `SELECT pg_logical_emit_message(true, 'test', 'flushed')`, values: [] };
const shown = async () => shownPosition((await replica.query<ShownColumns>(SHOWN))[0] as ShownColumns);
const written = async () => shownPosition((await primary.query<ShownColumns>(SHOWN))[0] as ShownColumns) ?? 0n;

describe('the position that bounds what a primary shows', () => {
  it('leaves out what is not flushed, so that replicas reach it without another commit', async () => {
    await primary.query(COMMIT);
    const committed = await written();
    await primary.query(WRITE);
    const [inserted] = await primary.query<{ at: string }>(INSERTED);
    expect(BigInt(inserted?.at ?? 0)).toBeGreaterThan(committed);
    expect(await written()).toBe(committed);
    await vi.waitFor(async () => expect(await shown()).toBe(committed));
  });

  it('includes what is only inserted if commits do not wait for the flush', async () => {
    const [inserted, bound] = await primary.transaction(async (session) => {
      await session.query({ text: 'SET LOCAL synchronous_commit = off', values: [] });
      await session.query(WRITE);
      const [row] = await session.query<{ at: string }>(INSERTED);
      const [columns] = await session.query<ShownColumns>(SHOWN);
      return [BigInt(row?.at ?? 0), shownPosition(columns as ShownColumns)];
    });
    expect(bound).toBe(inserted);
  });
});

describe('the position that bounds what a replica shows', () => {
  it('is what it has replayed, if it has received nothing more', async () => {
    await primary.query(COMMIT);
    const committed = await written();
    await vi.waitFor(async () => expect(await shown()).toBe(committed));
  });

  it('includes one more transaction, if it has received more: its commit may be visible already', async () => {
    await primary.query(COMMIT);
    const committed = await written();
    await vi.waitFor(async () => expect(await shown()).toBe(committed));
    await replica.query({ text: 'SELECT pg_wal_replay_pause()', values: [] });
    await primary.query(COMMIT);
    await vi.waitFor(async () => expect(await shown()).toBe(committed + 1n));
    await replica.query({ text: 'SELECT pg_wal_replay_resume()', values: [] });
    await vi.waitFor(async () => expect(await shown()).toBeGreaterThan(committed + 1n));
  });

  it('includes one more transaction, if nothing tells what it has received', () => {
    expect(shownPosition({ received_lsn: '0', reached_lsn: '42' })).toBe(43n);
    expect(shownPosition({ received_lsn: '42', reached_lsn: null })).toBeNull();
  });
});
