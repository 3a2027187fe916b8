import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './run-directory.ts';

export interface ClickHouseServer {
  readonly port: number;
  /** Of its data. */
  readonly directory: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Kills the process. */
  kill(): Promise<void>;
  /** Removes the data of a server that has been killed. */
  empty(): void;
  /** Starts a server that has been killed, on the same port. */
  start(): Promise<void>;
  /** Stops the process gracefully and removes its data. */
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('./clickhouse-http-server.ts', import.meta.url));

/** ClickHouse over HTTP on a free port. @param environment as for its Docker image: user, password, database. */
export async function startClickHouseServer(environment: Readonly<Record<string, string>>): Promise<ClickHouseServer> {
  const path = temporaryDirectory('clickhouse-server');
  let server = await run(path, 0, environment);
  const { port } = server;
  return {
    port,
    directory: path,
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    empty: () => {
      for (const name of readdirSync(path)) rmSync(join(path, name), { recursive: true });
    },
    start: async () => {
      server = await run(path, port, environment);
    },
    stop: async () => {
      await server.stop();
      rmSync(path, { recursive: true });
    },
  };
}

async function run(path: string, requestedPort: number, environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, path, String(requestedPort)], {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const stop = async () => {
    child.stdin.end();
    await exit;
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await exit;
  };
  const said = await Promise.race([once(child.stdout, 'data'), exit]);
  const port = Number(said[0]);
  if (child.exitCode === null && child.pid !== undefined && port > 0) return { port, pid: child.pid, stop, kill };
  await stop();
  throw new Error(`The ClickHouse server did not start: it ended with ${child.exitCode}`);
}
