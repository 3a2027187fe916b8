import { type Logger, pino } from 'pino';
import { AtlasError } from '../domain/errors.ts';

export type { Logger } from 'pino';

/**
 * Structured JSON lines. Values of attributes and of bound parameters are never logged.
 * @param file default: stderr.
 */
export function createLogger(level: string, file?: string): Logger {
  return pino(
    { name: 'atlas', level, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: describeError } },
    pino.destination(file ?? 2),
  );
}

/** A coded error says all there is in its code and its causes; a stack trace is for what nobody foresaw. */
function describeError(error: Error): object {
  if (!(error instanceof AtlasError)) return pino.stdSerializers.err(error);
  const cause = error.cause instanceof Error ? error.cause.message : error.cause;
  return { code: error.code, message: error.message, cause, ...error.details };
}
