import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { AtlasError, type ErrorCode } from '../../domain/errors.ts';
import type { Logger } from '../../observability/logger.ts';

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
 * The one translation of errors to what clients see: a code of the closed set and a message. Whatever is not known to be
 * meant for clients becomes INTERNAL with an id, under which the log has the whole of it.
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
      return { message: root.message, ...where, extensions: { ...root.details, code: root.code } };
    }
    if (isTooDeep(formatted, root)) {
      const message = 'The query is nested too deeply to be read: nest less, and send values as variables.';
      return { message, extensions: { code: 'LIMIT_EXCEEDED' satisfies ErrorCode } };
    }
    if (isClientFault(formatted, root)) {
      return { message: formatted.message, ...where, extensions: { code: 'BAD_USER_INPUT' satisfies ErrorCode } };
    }
    const id = randomUUID();
    logger.error({ err: root, id, path: formatted.path }, 'a request failed');
    return {
      message: `This failed for a reason that is in the server's log as ${id}.`,
      ...where,
      extensions: { code: 'INTERNAL' satisfies ErrorCode, id },
    };
  };
}

/** What was thrown first, below the errors that graphql wraps around it. */
function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError != null) cause = cause.originalError;
  return cause;
}

/** The parser follows a query to its innermost bracket, and the only RangeError it knows is that of a full stack. */
function isTooDeep({ extensions }: GraphQLFormattedError, root: unknown): boolean {
  return extensions?.code === 'GRAPHQL_PARSE_FAILED' && root instanceof RangeError;
}

/** Errors of graphql itself that point into the document are about the request; without one they are about our answer. */
function isClientFault({ extensions }: GraphQLFormattedError, root: unknown): boolean {
  if (!(root instanceof GraphQLError)) return false;
  return REQUEST_FAULTS.has(extensions?.code) || root.nodes !== undefined;
}
