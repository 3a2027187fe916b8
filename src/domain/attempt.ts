import { AtlasError } from './errors.ts';

/** Returns an AtlasError instead of throwing it. @throws every other error */
export function attempt<T>(work: () => T): T | AtlasError {
  try {
    return work();
  } catch (error) {
    if (error instanceof AtlasError) return error;
    throw error;
  }
}

/** As `attempt`, for asynchronous work. */
export async function attemptAsync<T>(work: () => Promise<T>): Promise<T | AtlasError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AtlasError) return error;
    throw error;
  }
}

export function isError(value: unknown): value is AtlasError {
  return value instanceof AtlasError;
}

export function isRight<T>(value: T | AtlasError): value is T {
  return !isError(value);
}
