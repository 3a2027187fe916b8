import type { GraphQLError } from 'graphql';
import { AtlasError, type ErrorCode } from '../../domain/errors.ts';
import type { RequestPlugin } from './request-plugin.ts';

const MAX_ERRORS = 100;

/** What is wrong with the query is wrong for all entities alike. */
const FAULTS_OF_THE_QUERY: ReadonlySet<ErrorCode> = new Set([
  'ATTRIBUTE_UNKNOWN',
  'ATTRIBUTE_TYPE_MISMATCH',
  'ATTRIBUTE_NOT_FILTERABLE',
  'BAD_USER_INPUT',
  'BAD_FRESHNESS',
  'LIMIT_EXCEEDED',
]);

/**
 * Bounds the errors of a response before they are formatted and logged. A fault of the query is reported once for its field, and not
 * for each entity. Of any other kind, each entity has its own, since its null means nothing else; if they are too many, they
 * are reported once for each field and message, too. `extensions.count` is the number of errors that one stands for.
 */
export const boundedErrors: RequestPlugin = {
  async didEncounterErrors({ errors }) {
    // Apollo formats the errors of this very array, once its plugins have seen it.
    const all = errors as GraphQLError[];
    if (all.length < 2) return;
    const once = byField(all, (error) => codeOfFault(error) !== null);
    const few = once.length > MAX_ERRORS ? byField(once, () => true).slice(0, MAX_ERRORS) : once;
    all.splice(0, all.length, ...few);
  },
};

/** Null if it is no fault of the query. */
function codeOfFault({ originalError }: GraphQLError): ErrorCode | null {
  return originalError instanceof AtlasError && FAULTS_OF_THE_QUERY.has(originalError.code) ? originalError.code : null;
}

/** Merges those that `merges` names if they have the same field, code and message, but for the entity. */
function byField(errors: readonly GraphQLError[], merges: (error: GraphQLError) => boolean): GraphQLError[] {
  const merged = new Map<string, { readonly error: GraphQLError; count: number }>();
  const kept: GraphQLError[] = [];
  for (const error of errors) {
    if (error.path === undefined || !merges(error)) {
      kept.push(error);
      continue;
    }
    const key = fieldKey(error);
    const same = merged.get(key);
    if (same !== undefined) {
      same.count += countOf(error);
      continue;
    }
    merged.set(key, { error, count: countOf(error) });
    kept.push(error);
  }
  for (const { error, count } of merged.values()) if (count > 1) error.extensions.count = count;
  return kept;
}

function countOf({ extensions }: GraphQLError): number {
  return typeof extensions.count === 'number' ? extensions.count : 1;
}

/** A message of a fault of the query may quote a value of one entity's reference. */
function fieldKey(error: GraphQLError): string {
  const field = error.path?.filter((step) => typeof step === 'string').join('.');
  const code = codeOfFault(error);
  return `${field} ${code ?? error.message}`;
}
