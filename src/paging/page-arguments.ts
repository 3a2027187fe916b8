import type { GraphQLResolveInfo } from 'graphql';
import { AtlasError } from '../domain/errors.ts';

export interface PageArguments {
  /** The schema has a default for it; null only where a client says so. */
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

export interface PageWindow {
  readonly direction: 'FORWARD' | 'BACKWARD';
  readonly size: number;
  /** Read what lies beyond this cursor, in the direction. */
  readonly cursor: string | null;
}

/**
 * @param firstIsGiven by the query, not by the schema's default.
 * @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED
 */
export function pageWindow(given: PageArguments, firstIsGiven: boolean, limit: number): PageWindow {
  const { first, after = null, last, before = null } = given;
  if (last == null) {
    if (first == null) throw bad('Give first, or last to read backward: it must not be null.');
    if (before !== null) throw bad('before goes with last: give last, or after for what follows a cursor.');
    return { direction: 'FORWARD', size: pageSize('first', first, limit), cursor: after };
  }
  if (firstIsGiven) throw bad('Give either first or last, not both.');
  if (after !== null) throw bad('after goes with first: give first, or before for what precedes a cursor.');
  return { direction: 'BACKWARD', size: pageSize('last', last, limit), cursor: before };
}

/** Whether the query itself gives a value for the argument, so that it does not come from the schema's default. */
export function isArgumentGiven({ fieldNodes, variableValues }: GraphQLResolveInfo, name: string): boolean {
  const value = fieldNodes[0]?.arguments?.find((argument) => argument.name.value === name)?.value;
  if (value === undefined || value.kind === 'NullValue') return false;
  return value.kind !== 'Variable' || variableValues[value.name.value] != null;
}

function pageSize(name: 'first' | 'last', size: number, limit: number): number {
  if (size < 0) throw bad(`${name} must not be negative.`);
  if (size <= limit) return size;
  throw new AtlasError('LIMIT_EXCEEDED', `${name} is ${size}: a page holds at most ${limit}.`);
}

function bad(message: string): AtlasError {
  return new AtlasError('BAD_USER_INPUT', message);
}
