import { spawnSync } from 'node:child_process';

/** The processes whose command line names something in the directory. */
export function processesIn(directory: string): { pid: number; command: string }[] {
  const { stdout } = spawnSync('ps', ['-A', '-ww', '-o', 'pid=,command='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes(directory))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line.replace(/^\d+\s+/, '') }))
    .filter(({ pid }) => pid !== process.pid);
}
