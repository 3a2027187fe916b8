import { type Logger, pino } from 'pino';
import { AtlasError } from '../domain/errors.ts';

export type { Logger } from 'pino';

/** What is added to every line. */
export type LogContext = () => object | undefined;

/**
 * Logs JSON lines. Attribute values and bound parameters are never logged.
 * @param file path of the log file; default: stderr.
 * @param context asked for each line that is written.
 */
export function createLogger(level: string, file?: string, context?: LogContext): Logger {
  return pino(
    {
      name: 'atlas',
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError },
      ...(context !== undefined && { mixin: () => context() ?? {} }),
    },
    // A file is opened at once: the process may end before it would be.
    pino.destination(file === undefined ? 2 : { dest: file, sync: true }),
  );
}

/** An AtlasError is described by its code and its cause. Only unexpected errors are logged with a stack trace. */
function describeError(error: Error): object {
  if (!(error instanceof AtlasError)) return pino.stdSerializers.err(error);
  const cause = error.cause instanceof Error ? error.cause.message : error.cause;
  return { code: error.code, message: error.message, cause, ...error.details };
}
