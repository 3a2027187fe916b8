import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processStart } from '../process-identity.ts';

/** Contents of `postmaster.pid`, which a running server writes. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** `starting`, `ready`, `standby` or `stopping`. */
  readonly status: string;
}

export function readPostmaster(dataDirectory: string): Postmaster | null {
  let lines: string[];
  try {
    lines = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return null;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return null;
  return { pid, port: Number(lines[3]), status: (lines[7] ?? 'starting').trim() };
}

/**
 * Stops a server that a killed Atlas left running in this data directory. If the id now belongs to an unrelated process, that
 * process is left alone, and the file that names it is removed, because Postgres would otherwise refuse to start.
 */
export async function stopLeftover(dataDirectory: string): Promise<'none' | 'stopped'> {
  const postmaster = readPostmaster(dataDirectory);
  if (postmaster === null || !exists(postmaster.pid)) return 'none';
  if (!worksIn(postmaster.pid, dataDirectory)) {
    rmSync(join(dataDirectory, 'postmaster.pid'), { force: true });
    return 'none';
  }
  for (const [signal, graceMs] of [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!sendSignal(postmaster.pid, signal)) break;
    const deadline = performance.now() + graceMs;
    while (processStart(postmaster.pid) !== null && performance.now() < deadline) await sleep(20);
    if (processStart(postmaster.pid) === null) break;
  }
  return 'stopped';
}

/** Whether there is a process with this id. Includes zombies. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** A postmaster's working directory is its data directory, which its command line also names. */
function worksIn(pid: number, dataDirectory: string): boolean {
  const real = realpathSync(dataDirectory);
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === real;
  } catch {
    const { stdout } = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return stdout.includes(dataDirectory) || stdout.includes(real);
  }
}
