import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * For tests that do not ask how fast heartbeats are. Each is a batch of its own for ClickHouse: ten a second for every shard, the default,
 * which the runs under faults keep, take half a core. A replica still proves its lag well within the bound of INTERACTIVE.
 */
export const CALM = { ATLAS_HEARTBEAT_INTERVAL_MS: '250' };

/** `extensions.freshness` as defined by the public contract. */
interface FreshnessExtension {
  readonly servedClass: string | null;
  readonly maxLagMs: number | null;
  readonly health: string;
  readonly reads: readonly {
    readonly shard: string | null;
    readonly source: string;
    readonly requested: { readonly class: string; readonly maxLagMs: number; readonly fallback: string };
    readonly lagMs: number | null;
    readonly dataTimestamp: string | null;
    readonly sourceTimestamp: string | null;
    readonly reason: string;
    readonly fellBack: boolean;
    readonly stale: boolean;
    readonly entities: number;
  }[];
}

export interface GraphQLAnswer<Data> {
  readonly status: number;
  readonly headers: Headers;
  readonly data: Data | null;
  readonly errors: readonly { message: string; path?: (string | number)[]; extensions: { code: string } }[];
  readonly extensions: { readonly freshness?: FreshnessExtension; readonly explain?: unknown };
}

const running = new Set<AtlasProcess>();

/** Kills what the tests of this file have started and not ended, as a failing one does. */
export async function killAtlasProcesses(): Promise<void> {
  const left = [...running];
  for (const atlas of left) atlas.signal('SIGKILL');
  await Promise.all(left.map((atlas) => atlas.exit()));
}

/** As the image has them. */
const NODE_OPTIONS = ['--max-semi-space-size=32'];

/** The built command line as a separate process, as a user runs it. */
export class AtlasProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  #output = '';

  constructor(
    args: readonly string[],
    readonly home: string,
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.#child = spawn(process.execPath, [...NODE_OPTIONS, join(root, 'bin/atlas.cjs'), ...args], {
      cwd: root,
      env: { ...withoutAtlas(process.env), ATLAS_HOME: home, ATLAS_PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk) => {
      this.#output += String(chunk);
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#output += String(chunk);
    });
    running.add(this);
    this.#exit = new Promise((done) =>
      this.#child.once('close', (code) => {
        running.delete(this);
        done(code);
      }),
    );
  }

  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when the process has printed `text`; rejects if it exits without printing it. */
  async says(text: string | RegExp, timeoutMs = 60_000): Promise<void> {
    const hasSaid = () => (typeof text === 'string' ? this.#output.includes(text) : text.test(this.#output));
    const deadline = performance.now() + timeoutMs;
    let ended = false;
    void this.#exit.then(() => {
      ended = true;
    });
    while (!hasSaid()) {
      if (ended || performance.now() > deadline) throw new Error(`atlas has not said ${text}, but:\n${this.#output}`);
      await sleep(50);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The exit code; null if a signal killed the process. */
  exit(): Promise<number | null> {
    return this.#exit;
  }

  /** Sends Ctrl-C and returns the exit code. */
  async interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT');
    return this.#exit;
  }

  /** Stops the process, in whatever state it is, and removes its home. */
  async destroy(): Promise<void> {
    await this.interrupt();
    rmSync(this.home, { recursive: true, force: true });
  }

  get stack(): StackFile {
    return JSON.parse(readFileSync(join(this.home, 'stack.json'), 'utf8')) as StackFile;
  }

  get published(): boolean {
    return existsSync(join(this.home, 'stack.json'));
  }

  graphql<Data>(
    query: string,
    variables: object = {},
    headers: Record<string, string> = {},
  ): Promise<GraphQLAnswer<Data>> {
    return postGraphQL<Data>(this.stack.http, query, variables, headers);
  }
}

export interface StackFile {
  readonly http: string;
  readonly shards: readonly { id: string; primary: string; replicas: string[] }[];
}

export async function postGraphQL<Data>(
  http: string,
  query: string,
  variables: object = {},
  headers: Record<string, string> = {},
): Promise<GraphQLAnswer<Data>> {
  const response = await fetch(`${http}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as Partial<GraphQLAnswer<Data>>;
  return {
    status: response.status,
    headers: response.headers,
    data: body.data ?? null,
    errors: body.errors ?? [],
    extensions: body.extensions ?? {},
  };
}

/** `atlas dev` that has printed its URL. */
export async function startAtlasDev(
  home: string,
  args: readonly string[] = [],
  environment: Record<string, string> = {},
): Promise<AtlasProcess> {
  const atlas = new AtlasProcess(['dev', ...args], home, { ...CALM, ...environment });
  try {
    await atlas.says('Ctrl-C');
  } catch (error) {
    await atlas.destroy();
    throw error;
  }
  return atlas;
}

/** An environment without settings: those of the test runner are not those of what it starts. */
export function withoutAtlas(environment: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !name.startsWith('ATLAS_')) kept[name] = value;
  }
  return kept;
}
