import { CommanderError } from 'commander';
import { AtlasError } from '../domain/errors.ts';
import { EXIT_BAD_USAGE } from './exit-codes.ts';

/** An argument is not valid. The command line prints the message and exits with 2. */
export class UsageError extends CommanderError {
  constructor(message: string) {
    super(EXIT_BAD_USAGE, 'atlas.usage', message);
  }
}

/** Runs a check of arguments. @throws UsageError if it throws an AtlasError BAD_USER_INPUT. */
export async function checkUsage<T>(check: () => T | Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof AtlasError && error.code === 'BAD_USER_INPUT') throw new UsageError(error.message);
    throw error;
  }
}
