import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { ClickHouseEntityReader } from '../../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { PostgresEntityReader } from '../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { distribution } from '../../../src/datasources/questions/distribution.ts';
import { ReadRouter } from '../../../src/datasources/routing/read-router.ts';
import { clickhouseSource } from '../../../src/datasources/routing/replicated-source.ts';
import type { DistributionCell } from '../../../src/domain/analytics/buckets.ts';
import { MATCH_ALL } from '../../../src/domain/filter/filter.ts';
import type { DataSource } from '../../../src/freshness/freshness.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { startClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { primaryPool } from '../../support/postgres-pools.ts';
import { replicationState } from '../../support/replication-state.ts';
import { requirement } from '../../support/requirement.ts';
import { ROUTE_POLICY } from '../../support/route-policy.ts';
import { fillClickHouse, storeWatermark } from '../support/fill-clickhouse.ts';
import { fillPostgres } from '../support/fill-postgres.ts';
import { CATALOG } from '../support/sample-catalog.ts';
import { sample } from '../support/sample-entity.ts';

const SHARDS = ['s0', 's1'];
/** By shard: two cells in each, of which one is in both, so three together. */
const ENTITIES = [
  [sample(1, { number: 0.5 }), sample(2, { number: 1.5 })],
  [sample(3, { number: 1.5 }), sample(4, { number: 2.5 })],
];

let clusters: TestCluster[];
let pools: PostgresPool[];
let clickhouse: TestClickHouse;
let router: ReadRouter;

beforeAll(async () => {
  [clickhouse, ...clusters] = await Promise.all([
    startClickHouse(),
    ...SHARDS.map((shard) => startPostgresCluster({ shard })),
  ]);
  pools = clusters.map(({ endpoints }) => primaryPool(endpoints));
  await Promise.all(pools.map((pool, index) => fillPostgres(pool, ENTITIES[index] ?? [])));
  const database = await clickhouse.connect();
  await fillClickHouse(database, ENTITIES.flat());
  for (const shard of SHARDS) await storeWatermark(database, shard, { heartbeatAt: systemClock.now() });
  router = new ReadRouter({
    sources: {
      shards: pools.map((pool) => ({ shard: pool.shard, primary: new PostgresEntityReader(pool), replicas: [] })),
      clickhouse: clickhouseSource(database, new ClickHouseEntityReader(database, SHARDS)),
    },
    replication: replicationState({ s0: { replicas: [] }, s1: { replicas: [] } }),
    clock: systemClock,
    pause: async () => {},
    policy: ROUTE_POLICY,
    onRoute: () => {},
  });
});
afterAll(async () => {
  await Promise.all((pools ?? []).map((pool) => pool.close()));
  await clickhouse?.stop();
  await Promise.all((clusters ?? []).map((cluster) => cluster.stop()));
});

/** Reads the distribution over both shards, from the primaries or from ClickHouse. */
async function cells(source: DataSource, maxCells: number): Promise<readonly DistributionCell[]> {
  const selection = { tenantId: 1, type: null, filter: MATCH_ALL };
  const question = distribution({
    ...{ ...selection, attribute: CATALOG.number, groupBy: [] },
    ...{ min: 0, max: 10, buckets: 10, maxCells },
  });
  const required =
    source === 'PRIMARY'
      ? requirement({ class: 'REALTIME', maxLagMs: 100 })
      : requirement({ class: 'BATCH', maxLagMs: 3_600_000, fallback: 'FAIL' });
  const { data, reads } = await router.ask(question, required, new AbortController().signal);
  expect(new Set(reads.map((read) => read.source))).toEqual(new Set([source]));
  return data;
}

it.each<DataSource>(['PRIMARY', 'CLICKHOUSE'])(
  'is refused over its bound by %s, although what each shard has is within it',
  async (source) => {
    expect(await cells(source, 3)).toEqual([
      { group: [], bucket: 1, count: 1n },
      { group: [], bucket: 2, count: 2n },
      { group: [], bucket: 3, count: 1n },
    ]);
    await expect(cells(source, 2)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  },
);
