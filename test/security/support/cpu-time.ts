import { readFileSync } from 'node:fs';

/** The CPU time that the main thread of a process has taken, in milliseconds; null where the system does not tell it. */
export function cpuTimeOf(pid: number): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ', 1)[0]) / 1e6;
  } catch {
    return null;
  }
}
