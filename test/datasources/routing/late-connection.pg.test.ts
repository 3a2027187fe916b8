import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Breaker } from '../../../src/connections/breaker.ts';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { down } from '../../../src/connections/postgres/translate-postgres-error.ts';
import type { EntityReader } from '../../../src/datasources/entity-reader.ts';
import { Probe } from '../../../src/datasources/monitoring/probe.ts';
import { count } from '../../../src/datasources/questions/count.ts';
import { ReadRouter } from '../../../src/datasources/routing/read-router.ts';
import { StatementWatch } from '../../../src/datasources/routing/statement-watch.ts';
import { WatchedServer } from '../../../src/datasources/routing/watched-server.ts';
import { MATCH_ALL } from '../../../src/domain/filter/filter.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { systemPause } from '../../../src/lib/pause.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { OutageLog } from '../../../src/observability/outage-log.ts';
import { Link } from '../../faults/stack/link.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { replicationState, sourceState } from '../../support/replication-state.ts';
import { requirement } from '../../support/requirement.ts';
import { ROUTE_POLICY } from '../../support/route-policy.ts';

const CONNECT_TIMEOUT_MS = 400;
const BREAKER_FAILURES = 2;
const logger = createLogger('silent');

let cluster: TestCluster;
/** Between the reads and their replica. Probes do not pass through it. */
let link: Link;
let closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  cluster = await startPostgresCluster({ migrated: false });
  link = await Link.open('reads', 'replica', () => Number(new URL(cluster.endpoints.primary).port));
});
afterEach(async () => {
  link.set('cut');
  for (const close of closing) await close();
  closing = [];
  link.set('open');
});
afterAll(async () => {
  await link?.close();
  await cluster?.stop();
});

function open(url: URL, breaker?: Breaker): PostgresPool {
  const pool = new PostgresPool({
    shard: 's0',
    role: 'replica',
    url: url.href,
    size: 4,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    statementTimeoutMs: 5_000,
    applicationName: 'test',
    logger,
    ...(breaker === undefined ? {} : { breaker }),
  });
  closing.push(() => pool.close());
  return pool;
}

/** Counts over a shard whose first replica is behind the link. Who answered is what is counted. */
function reads(others: { secondReplica: boolean }) {
  const probed = open(new URL(cluster.endpoints.primary));
  const probe = new Probe({
    name: 'probe',
    ask: () => probed.query({ text: 'SELECT 1', values: [] }),
    periodMs: 20,
    lateMs: 1_000,
    clock: systemClock,
    outages: new OutageLog(logger, 'the probe'),
  });
  closing.unshift(() => probe.stop());
  const url = new URL(cluster.endpoints.primary);
  url.port = String(link.port);
  const breaker = new Breaker({ failures: BREAKER_FAILURES, cooldownMs: 60_000, clock: systemClock });
  breaker.follow(() => probe.heardAt());
  const pool = open(url, breaker);
  const watch = new StatementWatch({
    heardAt: () => probe.heardAt(),
    onAnswer: () => probe.heard(),
    down: () => down(pool),
    clock: systemClock,
  });
  const linked = new WatchedServer(pool, watch);
  const answering = (counted: bigint, before = async () => {}): EntityReader => ({
    ask: async () => {
      await before();
      const watermarks = new Map([['s0', { heartbeatAt: systemClock.now(), lsn: 1n }]]);
      return { data: counted as never, watermarks, shown: new Map([['s0', 1n]]), observedAt: null };
    },
  });
  const positions = async () => new Map([['s0', 1n]]);
  const statement = { text: 'SELECT 1', values: [] };
  const replicas = [{ reader: answering(10n, async () => void (await linked.query(statement))), positions }];
  if (others.secondReplica) replicas.push({ reader: answering(20n), positions });
  const router = new ReadRouter({
    sources: { shards: [{ shard: 's0', primary: answering(0n), replicas }], clickhouse: null },
    replication: replicationState({ s0: { replicas: replicas.map(() => sourceState('HEALTHY', 1)) } }),
    clock: systemClock,
    pause: systemPause,
    policy: ROUTE_POLICY,
    onRoute: () => {},
  });
  const question = count({ tenantId: 1, type: null, filter: MATCH_ALL });
  const ask = async () => {
    const { data, reads } = await router.ask(question, requirement(), new AbortController().signal);
    return { data, reason: reads[0]?.reason };
  };
  return { ask, probe, breaker };
}

describe('a replica that opens no connection in time', () => {
  it('is busy if it answers probes: another replica answers, and the primary is left alone', async () => {
    link.set('silent');
    const { ask, probe, breaker } = reads({ secondReplica: true });
    await probe.start();
    for (let n = 0; n <= BREAKER_FAILURES; n++) expect(await ask()).toEqual({ data: 20n, reason: 'SOURCE_BUSY' });
    expect(breaker.isOpen).toBe(false);
  });

  it('is busy if it is the only one, and serves again as soon as connections open', async () => {
    link.set('silent');
    const { ask, probe } = reads({ secondReplica: false });
    await probe.start();
    await expect(ask()).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'The replica of shard s0 is too busy to open a connection in time; retry.',
    });
    link.set('open');
    expect(await ask()).toEqual({ data: 10n, reason: 'WITHIN_BOUND' });
  });

  it('is not even that if it opens one late, but in time', async () => {
    link.set('slow', CONNECT_TIMEOUT_MS / 20);
    const { ask, probe } = reads({ secondReplica: true });
    await probe.start();
    expect(await ask()).toEqual({ data: 10n, reason: 'WITHIN_BOUND' });
  });

  it('is down if nobody has heard from it, and is not tried by every read', async () => {
    link.set('silent');
    const { ask, breaker } = reads({ secondReplica: false });
    for (let n = 0; n < BREAKER_FAILURES; n++) expect(await ask()).toEqual({ data: 0n, reason: 'SOURCE_DOWN' });
    expect(breaker.isOpen).toBe(true);
  });

  it('is down if it refuses connections, whatever its probes say', async () => {
    link.set('cut');
    const { ask, probe } = reads({ secondReplica: false });
    await probe.start();
    expect(await ask()).toEqual({ data: 0n, reason: 'SOURCE_DOWN' });
  });
});
