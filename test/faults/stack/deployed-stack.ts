import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../../src/embedded/free-ports.ts';
import type { ServerProcess } from '../../../src/embedded/postgres/server-process.ts';
import { AtlasProcess } from '../../support/atlas-process.ts';
import { type ClickHouseServer, startClickHouseServer } from '../../support/clickhouse-http.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { temporaryDirectory } from '../../support/run-directory.ts';
import { untilHealthy } from '../run/recovery.ts';
import { AtlasPart, ended } from './atlas-part.ts';
import { Link } from './link.ts';
import type { Part } from './part.ts';
import { PostgresPart } from './postgres-part.ts';
import { gone, signalAll } from './process-tree.ts';
import type { ClickHouseFiles, Network, Stack } from './stack.ts';

const SHARDS = ['s0', 's1'];
const SERVING = ['serve-1', 'serve-2'];
const REPLICATING = ['replicate-1', 'replicate-2'];
const CLICKHOUSE = { CLICKHOUSE_USER: 'atlas', CLICKHOUSE_PASSWORD: 'secret', CLICKHOUSE_DB: 'atlas' };
/** A killed server must not have lost what it acknowledged. */
const DURABLE = { synchronous_commit: 'on' };

/** Short, so that requests of a broken stack end soon. */
const ENVIRONMENT = {
  ATLAS_HOST: '127.0.0.1',
  ATLAS_TRUST_TENANT_HEADER: 'true',
  ATLAS_REQUEST_TIMEOUT_MS: '10000',
  ATLAS_STATEMENT_TIMEOUT_MS: '8000',
  ATLAS_ANALYTICS_TIMEOUT_MS: '9000',
  // However small the data are.
  ATLAS_MERGE_LEAST_COST: '0',
  // A hole in ClickHouse is noticed within it.
  ATLAS_VERIFY_PERIOD_MS: '120000',
};

/** Two `serve` and two `replicate` over two shards with a replica each and ClickHouse, with a network between them. */
export async function startDeployedStack(): Promise<Stack> {
  const stack = new DeployedStack();
  try {
    await stack.start();
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

class DeployedStack implements Stack {
  readonly topology = 'deployed';
  readonly #home = temporaryDirectory('faults');
  readonly #clusters = new Map<string, TestCluster>();
  readonly #links: Link[] = [];
  readonly #atlas = new Map<string, AtlasPart>();
  readonly #parts: Part[] = [];
  #clickhouse: ClickHouseServer | null = null;
  #clickhousePart: Part | null = null;
  #ports = new Map<string, number>();

  get parts(): readonly Part[] {
    return this.#parts;
  }

  get shards() {
    return SHARDS.map((id) => {
      const { primary = '', replicas = [] } = this.#clusters.get(id)?.endpoints ?? {};
      return { id, primary, replica: replicas[0] ?? '' };
    });
  }

  get urls() {
    return SERVING.map((name) => this.#url(name));
  }

  get healthUrls() {
    return [...SERVING, ...REPLICATING].map((name) => this.#url(name));
  }

  get network(): Network {
    return {
      clientsOf: (server) => this.#links.filter(({ to }) => to === server).map(({ from }) => from),
      set: (from, to, state, delayMs) => {
        for (const link of this.#links) if (link.from === from && link.to === to) link.set(state, delayMs);
      },
    };
  }

  get clickhouse(): ClickHouseFiles | null {
    const [server, part] = [this.#clickhouse, this.#clickhousePart];
    if (server === null || part === null) return null;
    return { part, directory: server.directory, sql: (text) => this.#clickhouseSql(server.port, text) };
  }

  async start(): Promise<void> {
    await Promise.all([...SHARDS.map((shard) => this.#startShard(shard)), this.#startClickHouse()]);
    const names = [...SERVING, ...REPLICATING];
    const ports = await freePorts(names.map(() => null));
    this.#ports = new Map(names.map((name, index) => [name, ports[index] ?? 0]));
    const { code, output } = await this.run(['migrate']);
    if (code !== 0) throw new Error(`atlas migrate ended with ${code}:\n${output}`);
    for (const name of names) await this.#addAtlas(name);
    await Promise.all([...this.#atlas.values()].map((part) => part.start()));
  }

  async resnapshot(): Promise<void> {
    const [port = 0] = await freePorts([null]);
    const environment = { ...this.#environment(null), ATLAS_PORT: String(port) };
    const repair = new AtlasProcess(['replicate', '--resnapshot'], this.#home, environment);
    try {
      await repair.says(/"url":"http/);
      await untilHealthy(
        [`http://127.0.0.1:${port}`],
        (report) => report.components.change_stream.status === 'healthy',
      );
    } finally {
      repair.signal('SIGTERM');
      await repair.exit();
    }
  }

  async run(args: readonly string[]) {
    return ended(new AtlasProcess(args, this.#home, this.#environment(null)));
  }

  logs() {
    return Object.fromEntries([...this.#atlas].map(([name, part]) => [name, part.output]));
  }

  async stop(): Promise<void> {
    for (const part of this.#parts) part.resume();
    await Promise.all([...this.#atlas.values()].map((part) => part.kill()));
    await Promise.all(this.#links.map((link) => link.close()));
    await Promise.all([this.#clickhouse?.stop(), ...[...this.#clusters.values()].map((cluster) => cluster.stop())]);
    rmSync(this.#home, { recursive: true, force: true });
  }

  async #startShard(shard: string): Promise<void> {
    const cluster = await startPostgresCluster({
      shard,
      replica: true,
      migrated: false,
      settings: DURABLE,
      upstream: async (port) => (await this.#link(`${shard}-replica`, `${shard}-primary`, () => port)).port,
    });
    this.#clusters.set(shard, cluster);
    for (const kind of ['primary', 'replica'] as const) {
      const server: ServerProcess | null = cluster[kind];
      this.#parts.push(
        new PostgresPart({
          name: `${shard}-${kind}`,
          kind,
          shard,
          dataDirectory: join(cluster.directory, kind),
          start: async () => {
            await server?.exited;
            await server?.start();
          },
        }),
      );
    }
  }

  async #startClickHouse(): Promise<void> {
    const server = await startClickHouseServer(CLICKHOUSE);
    this.#clickhouse = server;
    this.#clickhousePart = {
      name: 'clickhouse',
      kind: 'clickhouse',
      shard: null,
      kill: async () => {
        const { pid } = server;
        await server.kill();
        await gone([pid]);
      },
      start: () => server.start(),
      pause: () => signalAll([server.pid], 'SIGSTOP'),
      resume: () => signalAll([server.pid], 'SIGCONT'),
    };
    this.#parts.push(this.#clickhousePart);
  }

  async #addAtlas(name: string): Promise<void> {
    const kind = SERVING.includes(name) ? 'serve' : 'replicate';
    for (const { id, primary, replica } of this.shards) {
      await this.#link(name, `${id}-primary`, () => Number(new URL(primary).port));
      await this.#link(name, `${id}-replica`, () => Number(new URL(replica).port));
    }
    await this.#link(name, 'clickhouse', () => this.#clickhouse?.port ?? 0);
    const part = new AtlasPart({
      name,
      kind,
      args: [kind],
      home: this.#home,
      environment: { ...this.#environment(name), ATLAS_PORT: String(this.#ports.get(name)) },
      ready: /"url":"http/,
    });
    this.#atlas.set(name, part);
    this.#parts.push(part);
  }

  async #link(from: string, to: string, target: () => number): Promise<Link> {
    const link = await Link.open(from, to, target);
    this.#links.push(link);
    return link;
  }

  /** @param via whose links it uses; null: those of an operator, which nothing breaks. */
  #environment(via: string | null): Record<string, string> {
    const route = (url: string, to: string): string => {
      const routed = new URL(url);
      const link = this.#links.find((known) => known.from === via && known.to === to);
      if (link !== undefined) routed.port = String(link.port);
      return routed.href;
    };
    const shards = this.shards.map(({ id, primary, replica }) => ({
      id,
      primary: route(primary, `${id}-primary`),
      replicas: [route(replica, `${id}-replica`)],
    }));
    const clickhouse = `http://atlas:secret@127.0.0.1:${this.#clickhouse?.port}/atlas`;
    return {
      ...ENVIRONMENT,
      ATLAS_SHARDS: JSON.stringify({ placement: { kind: 'hash' }, shards }),
      ATLAS_CLICKHOUSE_URL: route(clickhouse, 'clickhouse'),
    };
  }

  async #clickhouseSql(port: number, text: string): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${port}/?database=atlas`, {
      method: 'POST',
      body: text,
      headers: { authorization: `Basic ${Buffer.from('atlas:secret').toString('base64')}` },
    });
    if (!response.ok) throw new Error(`ClickHouse refused ${text}: ${await response.text()}`);
  }

  #url(name: string): string {
    return `http://127.0.0.1:${this.#ports.get(name)}`;
  }
}
