import { AtlasError } from '../../domain/errors.ts';
import { overLimit } from '../../domain/over-limit.ts';
import { SourceError } from '../../domain/source-error.ts';
import { DatabaseError } from '../database-error.ts';

/** Error numbers of ClickHouse: src/Common/ErrorCodes.cpp. */
const SLOW = new Set([159, 160, 394, 734]);
const RESULT_TOO_LARGE = 396;
const TOO_MUCH_MEMORY = new Set([158, 191, 241, 307]);
/** TOO_MANY_SIMULTANEOUS_QUERIES. */
const BUSY = new Set([202]);
const DOWN = new Set([
  ...[81, 209, 210, 242, 252, 279, 439, 516, 999],
  // Too few servers of a cluster, or no Keeper, take the write: it counts as failed, and is repeated.
  ...[225, 285, 286, 319],
]);

/** Node's codes for a connection that broke without an error of the operating system. */
const CONNECTION_BROKE = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE']);

/**
 * @param resultBytes the largest result of the statement, for the message.
 * @returns a SourceError, AtlasError LIMIT_EXCEEDED, a DatabaseError, or `error` itself if it is neither the engine's nor
 * the connection's.
 */
export function translateClickHouseError(error: unknown, resultBytes: number | null = null): unknown {
  if (!(error instanceof Error)) return error;
  const code = engineCode(error);
  if (code === null) return isAboutConnection(error) ? down(error) : error;
  if (SLOW.has(code)) return slow(error);
  if (BUSY.has(code)) return busy(error);
  if (DOWN.has(code)) return down(error);
  if (TOO_MUCH_MEMORY.has(code))
    return limitExceeded(
      'The query needs too much memory on ClickHouse; narrow its filter.',
      'Narrow the filter.',
      error,
    );
  if (code === RESULT_TOO_LARGE && resultBytes !== null) {
    return limitExceeded(
      `The result is larger than ${resultBytes} bytes; request fewer entities.`,
      overLimit('Request fewer entities', 'ATLAS_MAX_READ_BYTES'),
      error,
    );
  }
  return new DatabaseError(error.message, { code });
}

/** The HTTP client and chdb have an error class each, of the same shape. Its `code` is the number as text. */
function engineCode(error: Error): number | null {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^[0-9]+$/.test(code) ? Number(code) : null;
}

function isAboutConnection(error: Error): boolean {
  const { syscall, code } = error as NodeJS.ErrnoException;
  return syscall !== undefined || error instanceof AggregateError || (code !== undefined && CONNECTION_BROKE.has(code));
}

/** The server cannot be reached, or did not respond in time. */
export function down(cause?: unknown): SourceError {
  return new SourceError('down', 'ANALYTICS_UNAVAILABLE', 'ClickHouse does not answer; retry shortly.', { cause });
}

export function busy(cause?: unknown): SourceError {
  return new SourceError('busy', 'TIMEOUT', 'All ClickHouse connections are in use; retry.', { cause });
}

function slow(cause: Error): SourceError {
  const message = 'A statement on ClickHouse ran out of time; narrow the query or retry.';
  return new SourceError('slow', 'TIMEOUT', message, { cause });
}

function limitExceeded(message: string, hint: string, cause: Error): AtlasError {
  return new AtlasError('LIMIT_EXCEEDED', message, { cause, hint });
}
