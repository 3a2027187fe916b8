import { rmSync } from 'node:fs';
import { SignJWT } from 'jose';
import { expect, vi } from 'vitest';
import { AtlasProcess, type GraphQLAnswer, postGraphQL } from '../../support/atlas-process.ts';
import { temporaryDirectory } from '../../support/run-directory.ts';
import { type DeployedStores, startDeployedStores } from './deployed-stores.ts';

export interface RunningAtlas {
  readonly atlas: AtlasProcess;
  /** URL it listens on, without a path. */
  readonly url: string;
}

const GRACE_MS = 10_000;

/** The service in whose container a command is run that has none of its own. */
const SERVICE_OF: Readonly<Record<string, string>> = {
  verify: 'replicate',
  resync: 'replicate',
  tenant: 'serve',
  import: 'serve',
  doctor: 'replicate',
  kafka: 'replicate',
};

/** Atlas as docker-compose.yml runs it: its commands in its environment, on real stores. */
export class Deployment {
  readonly stores: DeployedStores;
  /** A directory that is removed with it. */
  readonly home = temporaryDirectory('deployment');
  readonly #running = new Set<AtlasProcess>();
  readonly #tenant: number;

  private constructor(stores: DeployedStores, tenant: number) {
    this.stores = stores;
    this.#tenant = tenant;
  }

  /** Starts empty stores and no Atlas process. @param settings of Postgres, beside those of the tests. @param replica whether shards have one. */
  static async start(tenant: number, settings: Record<string, string> = {}, replica = true): Promise<Deployment> {
    return new Deployment(await startDeployedStores(settings, replica), tenant);
  }

  async stop(): Promise<void> {
    for (const atlas of this.#running) atlas.signal('SIGKILL');
    await Promise.all([...this.#running].map((atlas) => atlas.exit()));
    await this.stores.stop();
    rmSync(this.home, { recursive: true });
  }

  /** Runs a command until it exits. @param command with its arguments. */
  async run(command: string, changes: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
    const atlas = this.#spawn(command, changes);
    return { code: await atlas.exit(), output: atlas.output };
  }

  /** Starts a command and waits until it reports its URL. */
  async start(command: string, changes: Record<string, string> = {}): Promise<RunningAtlas> {
    const atlas = this.#spawn(command, changes);
    await atlas.says(/"url":"http/);
    return { atlas, url: /"url":"(http:\/\/[^/"]+)/.exec(atlas.output)?.[1] ?? '' };
  }

  /** Starts a command that ends by itself. */
  begin(command: string, changes: Record<string, string> = {}): AtlasProcess {
    return this.#spawn(command, changes);
  }

  #spawn(command: string, changes: Record<string, string>): AtlasProcess {
    const [service = '', ...options] = command.split(' ');
    const environment = { ...this.stores.environment(SERVICE_OF[service] ?? service), ...changes };
    const atlas = new AtlasProcess([service, ...options], this.home, environment);
    this.#running.add(atlas);
    void atlas.exit().then(() => this.#running.delete(atlas));
    return atlas;
  }

  /** @param secret overrides the one that docker-compose.yml sets for `serve`. */
  async bearer(claims: Record<string, unknown>, secret?: string): Promise<string> {
    const key = new TextEncoder().encode(secret ?? this.stores.environment('serve').ATLAS_JWT_SECRET);
    return `Bearer ${await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setIssuedAt().setExpirationTime('5m').sign(key)}`;
  }

  async ask<Data>(url: string, query: string, variables: object = {}): Promise<GraphQLAnswer<Data>> {
    const authorization = await this.bearer({ tenant: this.#tenant });
    return postGraphQL<Data>(url, query, variables, { authorization });
  }
}

export async function health(url: string, what: 'live' | 'ready' | 'ready?strict' | 'replication') {
  const response = await fetch(`${url}/health/${what}`);
  return { status: response.status, body: (await response.json()) as unknown };
}

export async function metrics(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

/** Polls for a few seconds until `replicate` reports this phase for a shard. */
export async function phaseBecomes(url: string, shard: string, phase: string): Promise<void> {
  const line = new RegExp(`^atlas_replicator_phase\\{shard="${shard}",phase="(\\w+)"\\} 1$`, 'm');
  await vi.waitFor(async () => expect(line.exec(await metrics(url))?.[1]).toBe(phase), { timeout: 15_000 });
}

/** Polls for a few seconds. */
export function healthy(url: string, what: 'ready' | 'ready?strict' | 'replication'): Promise<void> {
  return vi.waitFor(async () => expect(await health(url, what)).toMatchObject({ status: 200 }), { timeout: 15_000 });
}

/** SIGTERM, as Docker stops a container. @returns the exit code. */
export async function terminated({ atlas }: RunningAtlas): Promise<number | null> {
  const startedAt = performance.now();
  atlas.signal('SIGTERM');
  const code = await atlas.exit();
  expect(performance.now() - startedAt).toBeLessThan(GRACE_MS);
  return code;
}
