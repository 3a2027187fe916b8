import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process and its children, the parent first. Reads /proc. */
export function withChildren(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);
  return [pid, ...children];
}

/** Sends the signal to each; one that has gone meanwhile does not need it. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Resolves when none of them exists, or is a zombie at most. */
export async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some((pid) => stateOf(pid) !== null)) await sleep(10);
}

/** Shared memory that these processes have mapped. If they are killed, it stays; a restart of the machine would remove it. */
export function sharedMemoryOf(pids: readonly number[]): readonly string[] {
  const files = pids.flatMap((pid) =>
    [...mapsOf(pid).matchAll(/ (\/dev\/shm\/PostgreSQL\.\d+)$/gm)].map(([, path = '']) => path),
  );
  return [...new Set(files)];
}

function mapsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch {
    return '';
  }
}

function parentOf(pid: string): number | null {
  const fields = statOf(pid);
  return fields === null ? null : Number(fields[1]);
}

function stateOf(pid: number): string | null {
  const state = statOf(String(pid))?.[0] ?? null;
  return state === 'Z' || state === 'X' ? null : state;
}

/** The fields after the name, which may contain anything. */
function statOf(pid: string): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
