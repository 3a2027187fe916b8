import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
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
  if (postmaster === null) return 'none';
  if (!exists(postmaster.pid)) return endOrphans(dataDirectory);
  if (!worksIn(postmaster.pid, dataDirectory)) {
    const orphans = await endOrphans(dataDirectory);
    rmSync(join(dataDirectory, 'postmaster.pid'), { force: true });
    return orphans;
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
  await endOrphans(dataDirectory);
  return 'stopped';
}

/**
 * Ends what a killed postmaster has left behind. Its other processes end by themselves, except one that waits for a lock of shared memory
 * whose holder has ended without giving it back: it waits for ever, and while it does, no server starts in the directory. Nothing of it is
 * of use: what it had not committed is gone. Only where `/proc` tells what a process works in; elsewhere Postgres names it in its refusal.
 */
async function endOrphans(dataDirectory: string): Promise<'none' | 'stopped'> {
  if (process.platform !== 'linux') return 'none';
  const orphans = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 1 && standsIn(pid, dataDirectory) === true && isPostgres(pid));
  for (const pid of orphans) sendSignal(pid, 'SIGKILL');
  const deadline = performance.now() + 5_000;
  while (orphans.some((pid) => processStart(pid) !== null) && performance.now() < deadline) await sleep(20);
  return orphans.length === 0 ? 'none' : 'stopped';
}

/** Somebody's shell may stand in the directory too. */
function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
  } catch {
    return false;
  }
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
  const standing = standsIn(pid, dataDirectory);
  if (standing !== null) return standing;
  const { stdout } = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.includes(dataDirectory) || stdout.includes(realpathSync(dataDirectory));
}

/**
 * By what the directory is, not by its path: a container that shares the process ids may have another one at the same place. Null if it cannot be told:
 * not Linux, another account's process, or it has ended.
 */
function standsIn(pid: number, directory: string): boolean | null {
  const wanted = statSync(directory);
  try {
    const { dev, ino } = statSync(`/proc/${pid}/cwd`);
    return dev === wanted.dev && ino === wanted.ino;
  } catch {
    return null;
  }
}
