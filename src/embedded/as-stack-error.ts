import { ProgramFailed } from './postgres/run-program.ts';
import { StackError } from './stack-error.ts';

/** Translates an error of the operating system or of a Postgres program into a StackError. Returns any other error unchanged. */
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
      `This account cannot access ${path ?? home} (${code}).`,
      'Start Atlas under the account that created it, or set ATLAS_HOME to another directory.',
      error,
    );
  }
  return new StackError(`The embedded stack failed with a system error: ${error.message}.`, lookAt(home), error);
}

function noSpace(home: string, cause: Error): StackError {
  return new StackError(
    `There is no space left on the disk for the data in ${home}.`,
    'Free some space, or set ATLAS_HOME to a directory on another disk.',
    cause,
  );
}

function lookAt(home: string): string {
  return `See the logs in ${home}/postgres, or set ATLAS_HOME to a new directory to start with an empty database.`;
}
