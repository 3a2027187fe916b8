import { expect, it, onTestFinished } from 'vitest';
import { Breaker } from '../../../src/connections/breaker.ts';
import { connectClickHouse } from '../../../src/connections/clickhouse/clickhouse-client.ts';
import { down } from '../../../src/connections/clickhouse/translate-clickhouse-error.ts';
import { MISSES, Probe } from '../../../src/datasources/monitoring/probe.ts';
import { StatementWatch } from '../../../src/datasources/routing/statement-watch.ts';
import { WatchedClickHouse } from '../../../src/datasources/routing/watched-clickhouse.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { startDeadline } from '../../../src/lib/deadline.ts';
import { PeriodicTask } from '../../../src/lifecycle/periodic-task.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { OutageLog } from '../../../src/observability/outage-log.ts';
import { startClickHouseServer } from '../../support/clickhouse-http.ts';

const PERIOD_MS = 50;
const LIMITS = { timeoutMs: 30_000, memoryBytes: 1_000_000_000 };

it('a ClickHouse that hangs is left by the queries that run on it and by those that wait for it, long before their deadline', async () => {
  const server = await startClickHouseServer({ CLICKHOUSE_USER: 'atlas', CLICKHOUSE_PASSWORD: 'secret' });
  onTestFinished(() => server.stop());
  const breaker = new Breaker({ failures: 3, cooldownMs: 60_000, clock: systemClock });
  const open = (connections: number, timeoutMs: number, connectTimeoutMs: number) => {
    const database = connectClickHouse(`http://atlas:secret@127.0.0.1:${server.port}/default`, {
      ...{ ...LIMITS, timeoutMs, connectTimeoutMs, connections, applicationName: 'test' },
      ...(connections === MISSES ? {} : { breaker }),
    });
    onTestFinished(() => database.close());
    return database;
  };
  const probed = open(MISSES, 5_000, 5_000);
  const probe = new Probe({
    name: 'probe',
    ask: () => probed.query('SELECT 1'),
    periodMs: PERIOD_MS,
    lateMs: 500,
    clock: systemClock,
    outages: new OutageLog(createLogger('silent'), 'the probe'),
  });
  const watch = new StatementWatch({
    heardAt: () => probe.heardAt(),
    onAnswer: () => probe.heard(),
    down: () => down(),
    clock: systemClock,
  });
  breaker.follow(() => probe.heardAt());
  const checks = new PeriodicTask('checks', PERIOD_MS, async () => watch.check());
  for (const service of [probe, checks]) {
    await service.start();
    onTestFinished(() => service.stop());
  }
  const clickhouse = new WatchedClickHouse(open(4, 30_000, 5_000), watch);
  const deadline = startDeadline(30_000, () => new Error('The time of the request is up'));
  onTestFinished(() => deadline.clear());
  const ask = () => clickhouse.query('SELECT 1 AS one', undefined, deadline.signal);
  await expect.poll(() => probe.heardAt(), { timeout: 10_000 }).not.toBeNull();
  expect(await ask()).toEqual([{ one: 1 }]);

  process.kill(server.pid, 'SIGSTOP');
  const stoppedAt = performance.now();
  try {
    const reads = await Promise.allSettled(Array.from({ length: 12 }, ask));
    const unavailable = { status: 'rejected', reason: { code: 'ANALYTICS_UNAVAILABLE', outcome: 'down' } };
    expect(reads).toMatchObject(Array.from({ length: 12 }, () => unavailable));
    expect(performance.now() - stoppedAt).toBeLessThan(10_000);
    await expect(ask(), 'the breaker is open').rejects.toMatchObject(unavailable.reason);
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  await expect.poll(() => ask().catch(() => null), { timeout: 10_000 }).toEqual([{ one: 1 }]);
}, 40_000);
