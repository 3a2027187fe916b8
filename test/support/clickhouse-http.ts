import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './run-directory.ts';

export interface ClickHouseServer {
  readonly port: number;
  readonly pid: number;
  /** Stops the process gracefully and removes its data. */
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('./clickhouse-http-server.ts', import.meta.url));

/** ClickHouse over HTTP on a free port. @param environment as for its Docker image: user, password, database. */
export async function startClickHouseServer(environment: Readonly<Record<string, string>>): Promise<ClickHouseServer> {
  const path = temporaryDirectory('clickhouse-server');
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, path], {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const stop = async () => {
    child.stdin.end();
    await exit;
    rmSync(path, { recursive: true });
  };
  const said = await Promise.race([once(child.stdout, 'data'), exit]);
  const port = Number(said[0]);
  if (child.exitCode === null && child.pid !== undefined && port > 0) return { port, pid: child.pid, stop };
  await stop();
  throw new Error(`The ClickHouse server did not start: it ended with ${child.exitCode}`);
}
