import { CALM } from '../../support/atlas-process.ts';
import { type ClickHouseServer, startClickHouseServer } from '../../support/clickhouse-http.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { environmentOf, readComposeFile } from './compose-file.ts';

export interface DeployedStores {
  /** Servers by shard. */
  readonly clusters: ReadonlyMap<string, TestCluster>;
  readonly clickhouse: ClickHouseServer;
  /** The environment that docker-compose.yml sets for the service, with the URLs of these stores, any free port, calm heartbeats and no drain. */
  environment(service: string): Record<string, string>;
  stop(): Promise<void>;
}

/** The stores defined in docker-compose.yml, empty, on local ports. @param settings of Postgres, beside those of the tests. @param replica whether shards have one. */
export async function startDeployedStores(
  settings: Record<string, string> = {},
  replica = true,
): Promise<DeployedStores> {
  const file = readComposeFile();
  const clusters = new Map<string, TestCluster>();
  const urls = new Map<string, string>();
  const started = startClickHouseServer(environmentOf(file, 'clickhouse'));
  const stop = async () => {
    await Promise.all([
      started.then((server) => server.stop()),
      ...[...clusters.values()].map((cluster) => cluster.stop()),
    ]);
  };
  try {
    await Promise.all([
      ...['s0', 's1'].map(async (shard) => {
        const cluster = await startPostgresCluster({ shard, replica, migrated: false, settings });
        clusters.set(shard, cluster);
        urls.set(`${shard}-primary`, cluster.endpoints.primary);
        const [replicaUrl] = cluster.endpoints.replicas;
        if (replicaUrl !== undefined) urls.set(`${shard}-replica`, replicaUrl);
      }),
      started.then((server) => {
        urls.set('clickhouse', `127.0.0.1:${server.port}`);
      }),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = (service: string) => {
    const found = urls.get(service);
    if (found === undefined) throw new Error(`docker-compose.yml names ${service}, which this test does not run`);
    return found;
  };
  const local = (text: string) =>
    (replica ? text : text.replaceAll(/"replicas":\["[^"]+"\]/g, '"replicas":[]'))
      .replaceAll(/postgres:\/\/([^@"]+)@([\w-]+):5432\/atlas/g, (_, login: string, service: string) => {
        const { href, host } = new URL(url(service));
        // The superuser's password is that of the test's servers.
        return login.startsWith('atlas:') ? href : `postgres://${login}@${host}/atlas`;
      })
      .replaceAll(/(?<=^http:\/\/[^@]+@)([\w-]+):8123(?=\/)/g, (_, service: string) => url(service));
  const environment = (service: string) => {
    const entries = Object.entries(environmentOf(file, service)).map(([name, value]) => [name, local(value)]);
    const composed = Object.fromEntries(entries) as Record<string, string>;
    return { ...CALM, ...composed, ATLAS_PORT: '0', ATLAS_DRAIN_MS: '0' };
  };
  return { clusters, clickhouse: await started, environment, stop };
}
