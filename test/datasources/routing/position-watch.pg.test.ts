import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { PostgresEntityReader } from '../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { PositionWatch } from '../../../src/datasources/routing/position-watch.ts';
import { replicaSource } from '../../../src/datasources/routing/replicated-source.ts';
import { WaiterLimit } from '../../../src/datasources/routing/waiter-limit.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { systemPause } from '../../../src/lib/pause.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { writtenPosition } from '../../../src/watermarks/wal-position.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { postgresQuery } from '../../support/postgres-query.ts';

let cluster: TestCluster;
let primary: PostgresPool;
let replica: PostgresPool;

beforeAll(async () => {
  cluster = await startPostgresCluster({ replica: true, settings: { log_statement: 'all', synchronous_commit: 'on' } });
  const pool = (role: 'primary' | 'replica', url = '') =>
    new PostgresPool({
      shard: 's0',
      role,
      url,
      size: 4,
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

/** Statements that the replica has run, according to its log. */
function asked(): number {
  const log = readFileSync(join(cluster.directory, 'replica.log'), 'utf8');
  return [...log.matchAll(/execute replica_position/g)].length;
}

/** Beside the pool. */
const onReplica = (text: string) => postgresQuery(cluster.endpoints.replicas[0] ?? '', text);

it('asks a server that 500 reads wait for as often as for one: at most every 5 ms, on one connection', async () => {
  const watch = new PositionWatch({
    source: replicaSource(replica, new PostgresEntityReader(replica)),
    limit: new WaiterLimit({ mostPerProcess: 500, mostPerTenant: 500 }),
    clock: systemClock,
    pause: systemPause,
  });
  await onReplica('SELECT pg_wal_replay_pause()');
  await primary.query({ text: `SELECT pg_logical_emit_message(true, 'test', 'wait for me')`, values: [] });
  const positions = new Map([['s0', await writtenPosition(primary)]]);
  const reads = new AbortController();
  setMaxListeners(0, reads.signal);
  const deadline = systemClock.now() + 60_000;
  const startedAt = systemClock.now();
  const waits = Array.from({ length: 500 }, () =>
    watch.reach({ positions, deadline, tenant: 1, signal: reads.signal }),
  );
  await vi.waitFor(() => expect(asked()).toBeGreaterThan(10));
  await onReplica('SELECT pg_wal_replay_resume()');
  expect(new Set(await Promise.all(waits))).toEqual(new Set(['REACHED']));
  expect(asked()).toBeLessThanOrEqual(1 + Math.ceil((systemClock.now() - startedAt) / 5));
  expect(replica.usage).toMatchObject({ idle: 1, busy: 0 });
});
