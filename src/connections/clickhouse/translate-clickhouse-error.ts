import { AtlasError } from '../../domain/errors.ts';
import { DatabaseError } from '../database-error.ts';

/** Error numbers of ClickHouse: src/Common/ErrorCodes.cpp. */
const TOOK_TOO_LONG = new Set([159, 160, 394, 734]);
const TOO_MUCH = new Set([158, 191, 241, 307, 396]);
const UNAVAILABLE = new Set([81, 202, 209, 210, 242, 252, 279, 439, 516, 999]);
/** The client's own message when `request_timeout` passes. */
const REQUEST_TIMEOUT = 'Timeout error.';

/** @returns AtlasError ANALYTICS_UNAVAILABLE | TIMEOUT | LIMIT_EXCEEDED, a DatabaseError, or `error` itself where no database raised it. */
export function translateClickHouseError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = engineCode(error);
  if (code !== null) {
    if (TOOK_TOO_LONG.has(code)) return timeout(error);
    if (TOO_MUCH.has(code)) return tooMuch(error);
    if (UNAVAILABLE.has(code)) return unavailable(error);
    return new DatabaseError(error.message, { code });
  }
  if (error.message === REQUEST_TIMEOUT) return timeout(error);
  const systemError = error as NodeJS.ErrnoException;
  const lost =
    systemError.syscall !== undefined || systemError.code === 'ECONNRESET' || error instanceof AggregateError;
  return lost || /closed|socket hang up/i.test(error.message) ? unavailable(error) : error;
}

/** The HTTP client and chdb bring an error class each, with the same shape: the number, as text, is its code. */
function engineCode(error: Error): number | null {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^[0-9]+$/.test(code) ? Number(code) : null;
}

function unavailable(cause: Error): AtlasError {
  return new AtlasError('ANALYTICS_UNAVAILABLE', 'ClickHouse does not answer: try again shortly.', { cause });
}

function tooMuch(cause: Error): AtlasError {
  return new AtlasError('LIMIT_EXCEEDED', 'The question needs more memory than one may take: narrow its filter.', {
    cause,
  });
}

function timeout(cause: Error): AtlasError {
  return new AtlasError('TIMEOUT', 'ClickHouse took too long: narrow the question, or try again.', { cause });
}
