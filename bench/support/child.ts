import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process of the benchmark. @param program in `bench/support/`. */
export function startChild(program: string, args: readonly string[] = []): ChildProcess {
  const execArgv = ['--import', new URL('typescript.mjs', import.meta.url).href];
  return fork(new URL(program, import.meta.url), args, { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** @throws if the process ends without one. */
export function firstMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`${child.spawnargs.slice(1).join(' ')} has ended`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}

const TICKS_PER_SECOND = 100;

/** CPU time of a process so far, in seconds, of its own and the system's. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
