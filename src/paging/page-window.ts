import { AtlasError } from '../domain/errors.ts';
import type { ReadDirection } from '../domain/filter/page-position.ts';

export interface PageArguments {
  /** The schema has a default for it; null only if a client sends null. */
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

export interface PageWindow {
  readonly direction: ReadDirection;
  readonly size: number;
  /** Read what lies beyond this cursor, in the direction; null: from the beginning or the end. */
  readonly cursor: string | null;
}

/**
 * @param firstIsGiven by the query, not by the schema's default.
 * @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED
 */
export function pageWindow(given: PageArguments, firstIsGiven: boolean, limit: number): PageWindow {
  const { first, after = null, last, before = null } = given;
  if (last == null) {
    if (first == null) throw bad('first is null; set first, or last to read backward.');
    if (before !== null) throw bad('before requires last; set last, or use after.');
    return { direction: 'FORWARD', size: pageSize('first', first, limit), cursor: after };
  }
  if (firstIsGiven) throw bad('first and last exclude each other; set only one of them.');
  if (after !== null) throw bad('after requires first; set first, or use before.');
  return { direction: 'BACKWARD', size: pageSize('last', last, limit), cursor: before };
}

/**
 * The size of a page of what is read forward only.
 * @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED
 */
export function forwardSize(first: number | null | undefined, limit: number): number {
  if (first == null) throw bad('first is null; expected a number.');
  return pageSize('first', first, limit);
}

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED */
function pageSize(name: 'first' | 'last', size: number, limit: number): number {
  if (size < 0) throw bad(`${name} is ${size}; the minimum is 0.`);
  if (size <= limit) return size;
  throw new AtlasError('LIMIT_EXCEEDED', `${name} is ${size}; the limit is ${limit}.`, {
    hint: `Set ${name} to ${limit} or less, and ask for further pages by their cursors.`,
  });
}

function bad(message: string): AtlasError {
  return new AtlasError('BAD_USER_INPUT', message);
}
