import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { down } from '../../../src/connections/postgres/translate-postgres-error.ts';
import { Probe } from '../../../src/datasources/monitoring/probe.ts';
import { PostgresEntityReader } from '../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { entitiesById } from '../../../src/datasources/questions/entities-by-id.ts';
import { Admission } from '../../../src/datasources/routing/admission.ts';
import { ReadRouter } from '../../../src/datasources/routing/read-router.ts';
import { replicaSource } from '../../../src/datasources/routing/replicated-source.ts';
import { StatementWatch } from '../../../src/datasources/routing/statement-watch.ts';
import { WatchedServer } from '../../../src/datasources/routing/watched-server.ts';
import type { FreshnessRequirement } from '../../../src/freshness/freshness.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { systemPause } from '../../../src/lib/pause.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { OutageLog } from '../../../src/observability/outage-log.ts';
import { beat } from '../../../src/watermarks/heartbeat.ts';
import { writtenPosition } from '../../../src/watermarks/wal-position.ts';
import { Link } from '../../faults/stack/link.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { replicationState, sourceState } from '../../support/replication-state.ts';
import { requirement } from '../../support/requirement.ts';
import { ROUTE_POLICY } from '../../support/route-policy.ts';

const STATEMENT_TIMEOUT_MS = 20_000;
const logger = createLogger('silent');

let cluster: TestCluster;
let primary: PostgresPool;
/** Everything that anyone sends to the replica passes through it. */
let link: Link;
let closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  cluster = await startPostgresCluster({ replica: true });
  primary = pool('primary', cluster.endpoints.primary, 4);
  await primary.query({
    text: `INSERT INTO atlas.shard (shard_id, placement, cluster_id) VALUES ('s0', 'by hash over s0', gen_random_uuid())`,
    values: [],
  });
  const { port } = new URL(cluster.endpoints.replicas[0] ?? '');
  link = await Link.open('serve', 'replica', () => Number(port));
});
beforeEach(async () => void (await beat(primary, 0)));
afterEach(async () => {
  link.set('cut');
  for (const close of closing) await close();
  closing = [];
  link.set('open');
});
afterAll(async () => {
  await link?.close();
  await primary?.close();
  await cluster?.stop();
});

function pool(role: 'primary' | 'replica', url: string, size: number): PostgresPool {
  return new PostgresPool({
    ...{
      shard: 's0',
      role,
      url,
      size,
      connectTimeoutMs: STATEMENT_TIMEOUT_MS,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    },
    ...{ applicationName: 'test', logger },
  });
}

/** Reads of a shard whose replica never counts as down, however many probes it misses. */
async function reads(leastSilenceMs = 300) {
  const url = new URL(cluster.endpoints.replicas[0] ?? '');
  url.port = String(link.port);
  const [read, monitored] = [pool('replica', url.href, 2), pool('replica', url.href, 4)];
  const probe = new Probe({
    name: 'probe',
    ask: () => monitored.query({ text: 'SELECT 1', values: [] }),
    periodMs: 50,
    lateMs: 3_600_000,
    clock: systemClock,
    outages: new OutageLog(logger, 'the probe'),
  });
  closing = [() => probe.stop(), () => read.close(), () => monitored.close()];
  await probe.start();
  const watch = new StatementWatch({
    heardAt: () => probe.heardAt(),
    onAnswer: () => probe.heard(),
    down: () => down(read),
    clock: systemClock,
  });
  const router = new ReadRouter({
    sources: {
      shards: [
        {
          shard: 's0',
          primary: new PostgresEntityReader(primary),
          replicas: [
            replicaSource(
              new WatchedServer(monitored, watch),
              new PostgresEntityReader(new WatchedServer(read, watch)),
              new Admission({ size: 2, waitMs: 300, clock: systemClock }),
            ),
          ],
        },
      ],
      clickhouse: null,
    },
    replication: {
      ...replicationState({}),
      replicas: () => [{ ...sourceState('HEALTHY', 1), answeredAt: probe.heardAt() }],
    },
    clock: systemClock,
    pause: systemPause,
    policy: { ...ROUTE_POLICY, leastSilenceMs },
    onRoute: () => {},
  });
  const ask = async (given: Partial<FreshnessRequirement> = {}) => {
    const question = entitiesById({ tenantId: 1, shard: 's0', ids: ['1'] });
    const startedAt = performance.now();
    const routed = await router.ask(question, requirement(given), new AbortController().signal);
    return { reads: routed.reads, tookMs: performance.now() - startedAt };
  };
  await vi.waitFor(async () => {
    expect((await ask({ maxLagMs: 60_000 })).reads).toMatchObject([{ source: 'REPLICA' }]);
  });
  return { ask, read };
}

/** What the replica has replayed. */
async function token() {
  return { positions: new Map([['s0', await writtenPosition(primary)]]), catalogRevision: 0 };
}

describe('a replica that has fallen silent and does not count as down', () => {
  it('is left for the primary once its answer could not be within the bound any more', async () => {
    const { ask } = await reads();
    link.set('silent');
    const { reads: served, tookMs } = await ask({ maxLagMs: 600 });
    expect(served).toMatchObject([{ source: 'PRIMARY', reason: 'SOURCE_DOWN', stale: false }]);
    expect(tookMs).toBeGreaterThan(500);
    expect(tookMs).toBeLessThan(STATEMENT_TIMEOUT_MS / 4);
  });

  it('is left once the wait for a token is over, although it does not say how far it is', async () => {
    const { ask } = await reads();
    link.set('silent');
    const after = await token();
    const { reads: served, tookMs } = await ask({ class: 'OPERATIONAL', maxLagMs: 30_000, maxWaitMs: 400, after });
    expect(served).toMatchObject([{ source: 'PRIMARY', reason: 'TOKEN_NOT_REACHED' }]);
    expect(tookMs).toBeGreaterThan(350);
    expect(tookMs).toBeLessThan(STATEMENT_TIMEOUT_MS / 4);
  });

  it('is left by every one of many reads, also those that wait for a connection', async () => {
    const { ask } = await reads();
    link.set('silent');
    const all = await Promise.all(Array.from({ length: 20 }, () => ask({ maxLagMs: 600 })));
    for (const { reads: served, tookMs } of all) {
      expect(served).toMatchObject([{ source: 'PRIMARY', reason: 'SOURCE_DOWN' }]);
      expect(tookMs).toBeLessThan(STATEMENT_TIMEOUT_MS / 4);
    }
  });

  it('is waited for by a read that has no other source', async () => {
    const { ask } = await reads();
    link.set('silent');
    const waiting = ask({ maxLagMs: 60_000, fallback: 'FAIL' });
    expect(await Promise.race([waiting, systemPause(1_000, new AbortController().signal)])).toBeUndefined();
    link.set('open');
    expect((await waiting).reads).toMatchObject([{ source: 'REPLICA' }]);
  });
});

it('a replica that answers others is not silent, however long a statement takes', async () => {
  const { ask, read } = await reads(100);
  // Both connections of the reads are taken for longer than the bound, and probes are answered meanwhile.
  const sleeping = [1, 2].map(() => read.query({ text: 'SELECT pg_sleep(1.5)', values: [] }));
  await vi.waitFor(() => expect(read.usage.busy).toBe(2));
  await beat(primary, 0);
  const { reads: served } = await ask({ maxLagMs: 800, fallback: 'REPLICA' });
  await Promise.all(sleeping);
  expect(served).toMatchObject([{ source: 'REPLICA' }]);
});
