import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { AtlasError, type ErrorCode } from '../../domain/errors.ts';
import type { Logger } from '../../observability/logger.ts';
import { requestOf } from './request-of-error.ts';

/** Apollo's codes for requests that never reach a resolver. */
const REQUEST_FAULTS: ReadonlySet<unknown> = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/**
 * Translates all errors to what clients see: a code of the closed set and a message. An error that is not meant for clients
 * becomes INTERNAL with an id under which it is logged in full.
 */
export function errorFormatter(
  logger: Logger,
): (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError {
  return (formatted, error) => {
    const where = {
      ...(formatted.locations !== undefined && { locations: formatted.locations }),
      ...(formatted.path !== undefined && { path: formatted.path }),
    };
    const root = rootCause(error);
    if (root instanceof AtlasError) {
      const count = formatted.extensions?.count;
      const extensions = {
        ...root.details,
        ...(typeof count === 'number' && { count }),
        ...(root.hint !== null && { hint: root.hint }),
        code: root.code,
      };
      return { message: root.message, ...where, extensions };
    }
    if (isTooDeep(formatted, root)) {
      const message = 'The query is nested too deeply to parse; send values as variables.';
      return { message, extensions: { hint: 'Send values as variables.', code: 'LIMIT_EXCEEDED' satisfies ErrorCode } };
    }
    if (isTooIntricate(formatted)) {
      const hint = 'Use fewer fields, fragments and operations in one document.';
      const message = `The query spreads fragments or repeats fields so often that it takes too long to check. ${hint}`;
      return { message, extensions: { hint, code: 'LIMIT_EXCEEDED' satisfies ErrorCode } };
    }
    if (isClientFault(formatted, root)) {
      return { message: formatted.message, ...where, extensions: { code: 'BAD_USER_INPUT' satisfies ErrorCode } };
    }
    const id = randomUUID();
    logger.error({ err: root, id, requestId: requestOf(error), path: formatted.path }, 'a request failed');
    return {
      message: `Internal error; log id ${id}.`,
      ...where,
      extensions: { code: 'INTERNAL' satisfies ErrorCode, id },
    };
  };
}

/** The error that was thrown, without the errors that graphql wraps around it. */
function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError != null) cause = cause.originalError;
  return cause;
}

/** The parser is recursive; the only RangeError it throws is a stack overflow. */
function isTooDeep({ extensions }: GraphQLFormattedError, root: unknown): boolean {
  return extensions?.code === 'GRAPHQL_PARSE_FAILED' && root instanceof RangeError;
}

/** graphql compares fields of the same name no further than a budget of its own, and says no more than this. */
function isTooIntricate({ message, extensions }: GraphQLFormattedError): boolean {
  return extensions?.code === 'GRAPHQL_VALIDATION_FAILED' && message === 'Validation aborted.';
}

/** An error of graphql itself that points into the document concerns the request; otherwise it concerns our response. */
function isClientFault({ extensions }: GraphQLFormattedError, root: unknown): boolean {
  if (!(root instanceof GraphQLError)) return false;
  return REQUEST_FAULTS.has(extensions?.code) || root.nodes !== undefined;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  INTERNAL: 500,
  SHARD_UNAVAILABLE: 503,
  TIMEOUT: 504,
};

/** The HTTP status of a request that is refused as a whole, before any of it has run. */
export function statusOfRefusal(code: ErrorCode): number {
  return STATUS[code] ?? 400;
}
