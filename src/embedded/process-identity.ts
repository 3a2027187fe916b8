import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Start time of a process, in a form that is only meant for comparison: a process with the same id but another start time is
 * another process. Null if no such process is running; a zombie is not running.
 */
export function processStart(pid: number): string | null {
  try {
    // Field 22 of /proc/<pid>/stat; the second, the name, is in parentheses and may contain any character.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    if (process.platform === 'linux') return null;
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return stdout?.trim() || null;
  }
}
