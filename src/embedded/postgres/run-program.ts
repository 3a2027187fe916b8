import { spawn } from 'node:child_process';
import { type Account, identity } from './account.ts';

/** A Postgres program failed. */
export class ProgramFailed extends Error {
  readonly stderr: string;

  constructor(program: string, outcome: string, stderr: string) {
    super(`${program} ${outcome}: ${stderr.trim().split('\n').at(-1) ?? ''}`);
    this.name = 'ProgramFailed';
    this.stderr = stderr;
  }
}

/** The environment of every Postgres program. Excludes the user's `PG*` variables and locale. */
export function postgresEnvironment(): Record<string, string> {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

/**
 * Runs a program until it exits.
 * @throws ProgramFailed if its exit code is not 0; the signal's reason if it was aborted.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: { account: Account | null; input?: string; signal?: AbortSignal | undefined },
): Promise<void> {
  options.signal?.throwIfAborted();
  const child = spawn(program, args, {
    ...identity(options.account),
    cwd: '/',
    env: postgresEnvironment(),
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {}); // The program may exit without reading its input; its exit code says why.
  child.stdin.end(options.input ?? '');
  // The program leads a process group that contains the programs it starts.
  const kill = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
  };
  options.signal?.addEventListener('abort', kill, { once: true });
  try {
    const outcome = await new Promise<string | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, killedBy) =>
        resolve(code === 0 ? null : killedBy === null ? `exited with code ${code}` : `was killed by ${killedBy}`),
      );
    });
    options.signal?.throwIfAborted();
    if (outcome !== null) throw new ProgramFailed(program, outcome, stderr);
  } finally {
    options.signal?.removeEventListener('abort', kill);
  }
}
