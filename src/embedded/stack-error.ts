import { ProgramFailed } from './program-failed.ts';

/** Why the embedded stack cannot run, in one sentence, and in another what the person at the terminal can do about it. */
export class StackError extends Error {
  constructor(fault: string, wayOut: string, cause?: unknown) {
    super(`${fault}\n${wayOut}`, cause === undefined ? undefined : { cause });
    this.name = 'StackError';
  }
}

/** What the system refuses while the stack starts, in the words of a StackError. Anything else is returned as it is. */
export function asStackError(error: unknown, home: string): unknown {
  if (error instanceof ProgramFailed) {
    const full = error.stderr.includes('No space left on device');
    return full ? noSpace(home, error) : new StackError(`${error.message}.`, lookAt(home), error);
  }
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return noSpace(home, error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new StackError(
      `${path ?? home} may not be used by this account (${code}).`,
      'Start Atlas as the account that made it, or set ATLAS_HOME to a directory of your own.',
      error,
    );
  }
  return new StackError(`The system refused what the embedded stack needs: ${error.message}.`, lookAt(home), error);
}

function noSpace(home: string, cause: Error): StackError {
  return new StackError(
    `There is no space left for the data in ${home}.`,
    'Make space there, or set ATLAS_HOME to a directory on another disk.',
    cause,
  );
}

function lookAt(home: string): string {
  return `Look into ${home}/postgres, or set ATLAS_HOME to a new directory to start with none of its data.`;
}
