import { deepStrictEqual } from 'node:assert/strict';
import { loadSettings } from '../../src/config/config.ts';
import { healthThresholds } from '../../src/config/health-thresholds.ts';
import { HeartbeatWriter } from '../../src/datasources/monitoring/heartbeat-writer.ts';
import { ReplicationMonitor } from '../../src/datasources/monitoring/replication-monitor.ts';
import { PostgresEntityReader } from '../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { entitiesById } from '../../src/datasources/questions/entities-by-id.ts';
import { ReadRouter } from '../../src/datasources/routing/read-router.ts';
import { replicaSource } from '../../src/datasources/routing/replicated-source.ts';
import { PrimaryClocks } from '../../src/freshness/primary-clocks.ts';
import { ENTITY_DEFAULT, resolveRequirement } from '../../src/freshness/resolve-requirement.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { ClockStops } from '../../src/lib/clock-stops.ts';
import { systemPause } from '../../src/lib/pause.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { CDC_SLOT } from '../../src/replication/source/slot/replication-slot.ts';
import { ROUTE_POLICY } from '../../test/support/route-policy.ts';
import type { Workload } from '../suite/workload.ts';
import { openServePools } from '../support/atlas-pools.ts';
import { latencyMetrics, latencyOf } from '../support/latency.ts';
import { GIANT, type Stage } from '../support/stage.ts';
import { until } from '../support/until.ts';

const { signal } = new AbortController();

/** A read of the class INTERACTIVE, with its route and its measured lag, beside the same statement sent to the same replica. */
export async function routedRead(stage: Stage): Promise<readonly Workload[]> {
  const [pools, probed] = [openServePools(stage, 2), openServePools(stage, 4)];
  const logger = createLogger('silent');
  const settings = loadSettings({});
  const clocks = new PrimaryClocks(systemClock, new ClockStops());
  const heartbeats = new HeartbeatWriter({
    ...{ primaries: [probed.primary], intervalMs: settings.ATLAS_HEARTBEAT_INTERVAL_MS, clocks, logger },
  });
  const monitor = new ReplicationMonitor({
    ...{ shards: [{ primary: probed.primary, replicas: [probed.replica] }], clickhouse: null, slotName: CDC_SLOT },
    ...{ captureFailure: () => null, primaryClocks: clocks, periodMs: settings.ATLAS_PROBE_INTERVAL_MS },
    ...{ thresholds: healthThresholds(settings), clock: systemClock, logger },
  });
  await heartbeats.start();
  await monitor.start();
  const reader = new PostgresEntityReader(pools.replica);
  const router = new ReadRouter({
    sources: {
      shards: [
        {
          shard: pools.shard,
          primary: new PostgresEntityReader(pools.primary),
          replicas: [replicaSource(probed.replica, reader)],
        },
      ],
      clickhouse: null,
    },
    ...{ replication: monitor, clock: systemClock, pause: systemPause, policy: ROUTE_POLICY, onRoute: () => {} },
  });
  const requirement = resolveRequirement([], ENTITY_DEFAULT, settings.ATLAS_CONSISTENCY_WAIT_MS);
  await until(async () => monitor.source(pools.shard, 'REPLICA').health === 'HEALTHY', 20_000);
  const question = (n: number) =>
    entitiesById({ tenantId: GIANT, ids: [String(((n * 7_919) % stage.giantSize) + 1)], shard: pools.shard });
  const routed = (n: number) => router.ask(question(n), requirement, signal);
  const unrouted = (n: number) => reader.ask(question(n), signal);
  const seconds = stage.options.seconds / 2;
  return [
    {
      name: 'routing: point read of the class INTERACTIVE',
      metrics: latencyMetrics(1.1),
      check: async () => {
        const { data, reads } = await routed(1);
        deepStrictEqual(
          reads.map(({ source }) => source),
          ['REPLICA'],
        );
        deepStrictEqual(data, (await unrouted(1)).data);
      },
      atlas: latencyOf(seconds, routed),
      baseline: latencyOf(seconds, unrouted),
      stop: async () => {
        await monitor.stop();
        await heartbeats.stop();
        await Promise.all([pools.close(), probed.close()]);
      },
    },
  ];
}
