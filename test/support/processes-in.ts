import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface ProcessFound {
  readonly pid: number;
  readonly command: string;
}

/** The processes whose command line names something in the directory, this one and its parent excepted. */
export function processesIn(directory: string): ProcessFound[] {
  return allProcesses().filter(
    ({ pid, command }) => command.includes(directory) && pid !== process.pid && pid !== process.ppid,
  );
}

function allProcesses(): ProcessFound[] {
  if (!existsSync('/proc/self/cmdline')) {
    const { stdout } = spawnSync('ps', ['-A', '-ww', '-o', 'pid=,command='], { encoding: 'utf8' });
    return stdout.split('\n').map((line) => ({ pid: Number.parseInt(line, 10), command: line }));
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: commandLine(name) }));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return ''; // It has ended.
  }
}
