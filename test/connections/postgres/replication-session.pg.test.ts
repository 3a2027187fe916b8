import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ReplicationSession } from '../../../src/connections/postgres/replication-session.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';

const PROGRAM = fileURLToPath(new URL('support/lock-holder.ts', import.meta.url));
const LEASE_MS = 1_000;

describe('a replication session', () => {
  let cluster: TestCluster;
  let client: pg.Client;

  beforeAll(async () => {
    cluster = await startPostgresCluster();
    client = new pg.Client({ connectionString: cluster.endpoints.primary });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await cluster?.stop();
  });

  const sessions = async () => {
    const { rows } = await client.query<{ age: number }>(
      `SELECT extract(epoch FROM clock_timestamp() - backend_start)::float8 * 1000 AS age FROM pg_stat_activity
       WHERE application_name LIKE 'lock holder%'`,
    );
    return rows.map(({ age }) => age);
  };

  it('of a suspended process gives up its locks after the lease, and the process notices when it resumes', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, cluster.endpoints.primary, String(LEASE_MS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += String(chunk);
    });
    const exited = once(child, 'exit');
    try {
      await vi.waitFor(() => expect(said).toBe('locked\n'), { timeout: 15_000 });
      // As long as the process runs, it keeps the lock for longer than its lease.
      await vi.waitFor(async () => expect((await sessions())[0]).toBeGreaterThan(2 * LEASE_MS), { timeout: 10_000 });
      expect(said).toBe('locked\n');
      const suspendedAt = performance.now();
      child.kill('SIGSTOP');
      await client.query('SELECT pg_advisory_lock(1)');
      expect(performance.now() - suspendedAt).toBeLessThan(LEASE_MS + 1_000);
      child.kill('SIGCONT');
      await exited;
      expect(said).toBe('locked\nlost\n');
    } finally {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
    }
  });

  it('keeps the snapshot that it exported until another connection uses it', async () => {
    const session = await ReplicationSession.open({
      ...{ shard: 's0', url: cluster.endpoints.primary, applicationName: 'lock holder 2', leaseMs: LEASE_MS },
    });
    const idleFor = async () => {
      const { rows } = await client.query<{ idle: number }>(
        `SELECT extract(epoch FROM clock_timestamp() - state_change)::float8 * 1000 AS idle FROM pg_stat_activity
         WHERE application_name = 'lock holder 2'`,
      );
      return rows[0]?.idle;
    };
    try {
      session.keepSnapshot();
      const [slot] = await session.query<{ snapshot_name: string }>(
        `CREATE_REPLICATION_SLOT "kept" TEMPORARY LOGICAL pgoutput (SNAPSHOT 'export')`,
      );
      // Long enough for the session to have sent something by itself, if it did.
      await vi.waitFor(async () => expect(await idleFor()).toBeGreaterThan(LEASE_MS / 2), { interval: 20 });
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await client.query(`SET TRANSACTION SNAPSHOT '${slot?.snapshot_name}'`);
      session.releaseSnapshot();
      await client.query('COMMIT');
      await vi.waitFor(async () => expect(await idleFor()).toBeLessThan(LEASE_MS / 2), { interval: 20 });
      expect(session.isLost).toBe(false);
    } finally {
      await session.close();
    }
  });
});
