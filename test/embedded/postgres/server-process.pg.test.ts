import { statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { unprivilegedAccount } from '../../../src/embedded/postgres/account.ts';
import { readPostmaster, stopLeftover } from '../../../src/embedded/postgres/postmaster.ts';
import { ServerProcess } from '../../../src/embedded/postgres/server-process.ts';
import { processStart } from '../../../src/embedded/process-identity.ts';
import { startPostgresCluster, type TestCluster, usableBinaries } from '../../support/postgres-cluster.ts';
import { postgresQuery } from '../../support/postgres-query.ts';
import { processesIn } from '../../support/processes-in.ts';

describe('an embedded Postgres server', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startPostgresCluster({ replica: true });
  });
  afterAll(() => cluster.stop());
  const onPrimary = (text: string) => postgresQuery(cluster.endpoints.primary, text);

  it('streams what it commits to its replica', async () => {
    await onPrimary('CREATE TABLE t AS SELECT 7 AS n');
    const [replica = ''] = cluster.endpoints.replicas;
    await vi.waitFor(async () => expect(await postgresQuery(replica, 'SELECT n FROM t')).toEqual([{ n: 7 }]), 5_000);
  });

  it('listens on 127.0.0.1 only and requires the password', async () => {
    expect(await onPrimary('SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await onPrimary('SHOW unix_socket_directories')).toEqual([{ unix_socket_directories: '' }]);
    const wrong = cluster.endpoints.primary.replace(/:[^:@]+@/, ':wrong@');
    await expect(postgresQuery(wrong, 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect(statSync(join(cluster.directory, 'primary', 'atlas.conf')).mode & 0o777).toBe(0o600);
  });

  it('reports why it did not start and where its log is, and leaves nothing running', async () => {
    const { endpoints, directory } = cluster;
    await cluster.replica?.stop();
    const account = unprivilegedAccount();
    const server = new ServerProcess({
      name: 's0 replica',
      binaries: usableBinaries(),
      account,
      dataDirectory: join(directory, 'replica'),
      logFile: join(directory, 'replica.log'),
      settings: { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: new URL(endpoints.primary).port },
    });
    await expect(server.start()).rejects.toThrow(/did not start: .*\nSee .*replica\.log/);
    expect(processesIn(join(directory, 'replica'))).toEqual([]);
  });

  // A backend that waits for a lock of shared memory does not notice that its postmaster was killed; a stopped one neither.
  it('starts again where a killed server has left a process behind', async () => {
    const data = join(cluster.directory, 'primary');
    const client = new pg.Client({ connectionString: cluster.endpoints.primary });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const left = rows[0]?.pid ?? 0;
    process.kill(left, 'SIGSTOP');
    process.kill(readPostmaster(data)?.pid ?? 0, 'SIGKILL');
    await cluster.primary.exited;
    await expect(cluster.primary.start()).rejects.toThrow('pre-existing shared memory block');
    expect(await stopLeftover(data)).toBe('stopped');
    expect(processStart(left)).toBeNull();
    expect(await stopLeftover(data)).toBe('none');
    await cluster.primary.start();
    expect(await onPrimary('SELECT n FROM t')).toEqual([{ n: 7 }]);
  });
});
