import { startPostgresCluster, type TestCluster } from '../../test/support/postgres-cluster.ts';
import type { Figures, Workload } from '../suite/workload.ts';
import { startFreshServe } from '../support/fresh-serve.ts';
import { startLoadProcess } from '../support/loaded.ts';
import { residentMiB } from '../support/memory.ts';
import { GIANT, type Stage } from '../support/stage.ts';

const SMALL = { definitions: 100, exposed: 20 };
const LARGE = { definitions: 10_000, exposed: 2_000 };
const CONNECTIONS = 4;
const QUERY = '{ entity(id: 1) { id attribute1 attribute2 attribute3 } }';

/** A `serve` on an installation with a large catalog, beside one with a small catalog, which is otherwise the same. */
export async function catalog(stage: Stage): Promise<readonly Workload[]> {
  const load = startLoadProcess();
  const [large, small] = [await installation(stage, LARGE), await installation(stage, SMALL)];
  const measure = async ({ changes }: Installation): Promise<Figures> => {
    const serve = await startFreshServe(stage, changes);
    try {
      const headers = { 'content-type': 'application/json', ...(await stage.headers()) };
      const [url, body] = [`${serve.url}/graphql`, JSON.stringify({ query: QUERY })];
      const askedAt = performance.now();
      const answer = await fetch(url, { method: 'POST', headers, body });
      const text = await answer.text();
      if (!text.includes('"attribute3"')) throw new Error(text);
      const first = performance.now() - askedAt;
      const { seconds } = stage.options;
      const { median } = await load.latencies({ url, connections: CONNECTIONS, seconds, headers, bodies: [body] });
      return {
        ...{ 'start to ready': serve.readyMs, 'first request': first, 'point read': median ?? Number.NaN },
        memory: residentMiB(serve.atlas.pid),
      };
    } finally {
      await serve.stop();
    }
  };
  return [
    {
      name: `catalog: ${LARGE.definitions} definitions, ${LARGE.exposed} exposed, beside ${SMALL.definitions}`,
      metrics: [
        { name: 'start to ready', unit: 'ms', better: 'lower', ratio: 1.2 },
        { name: 'memory', unit: 'MiB', better: 'lower', ratio: 1.2 },
        { name: 'point read', unit: 'ms', better: 'lower', ratio: 1.2 },
        { name: 'first request', unit: 'ms', better: 'lower' },
      ],
      atlas: () => measure(large),
      baseline: () => measure(small),
      ...{ warmsUp: false, rounds: 2 },
      stop: async () => {
        load.stop();
        await Promise.all([large.cluster.stop(), small.cluster.stop()]);
      },
    },
  ];
}

interface Installation {
  readonly cluster: TestCluster;
  /** Of the environment of `serve`. */
  readonly changes: Record<string, string>;
}

/** One shard without a replica and without ClickHouse, on which one tenant has defined so much, and has one entity. */
async function installation(stage: Stage, { definitions, exposed }: typeof SMALL): Promise<Installation> {
  const cluster = await startPostgresCluster({ migrated: false });
  const { environment } = stage.deployment.stores;
  const { primary } = cluster.endpoints;
  const shards = (url: string) => ({
    ATLAS_SHARDS: JSON.stringify({ placement: { kind: 'hash' }, shards: [{ id: 's0', primary: url, replicas: [] }] }),
    ATLAS_CLICKHOUSE_URL: '',
  });
  const { code, output } = await stage.deployment.run('migrate', shards(primary));
  if (code !== 0) throw new Error(output);
  const login = new URL(primary);
  login.username = 'atlas_serve';
  login.password = environment('migrate').ATLAS_SERVE_PASSWORD ?? '';
  await stage.execute(
    primary,
    `INSERT INTO atlas.attribute_definition (tenant_id, key, type, exposed)
     SELECT ${GIANT}, 'attribute' || n, (ARRAY['TEXT', 'NUMBER', 'BOOLEAN', 'TIMESTAMP', 'JSON'])[1 + n % 5], n <= ${exposed}
     FROM generate_series(1, ${definitions}) n;
     INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
     VALUES (${GIANT}, 1, 'user', 1, now(), now(), '{}')`,
  );
  return { cluster, changes: shards(login.href) };
}
