import { type Logger, pino } from 'pino';
import { AtlasError } from '../domain/errors.ts';
import { sourceStack } from '../lib/source-stack.ts';

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

/**
 * An AtlasError is described by its code and its cause. Only unexpected errors are logged with a stack trace. What is not an error, or has no
 * trace, is logged as it is: whatever is logged, logging does not fail.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (!(error instanceof AtlasError)) {
    const described = pino.stdSerializers.err(error);
    return typeof described.stack === 'string' ? { ...described, stack: sourceStack(described.stack) } : described;
  }
  const cause = error.cause instanceof Error ? error.cause.message : error.cause;
  return { code: error.code, message: error.message, cause, ...error.details };
}
