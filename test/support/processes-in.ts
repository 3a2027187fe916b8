import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

interface ProcessFound {
  readonly pid: number;
  readonly command: string;
}

/** Processes whose command line contains a path in the directory, except this process and its parent. */
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
    return ''; // The process has exited.
  }
}
