import type { Direction, Operand } from '../../domain/filter/filter.ts';
import type { ReadDirection } from '../../domain/filter/page-position.ts';

/** One expression that entities are sorted by. Nulls come last, whatever the direction. */
export interface SortKey {
  readonly expression: string;
  readonly direction: Direction;
  readonly nullable: boolean;
  /** A placeholder for a value of this key. */
  bind(value: Operand): string;
}

/** Reading BACKWARD is reading the reversed order. */
export function orderBySql(keys: readonly SortKey[], read: ReadDirection): string {
  return keys
    .map((key) => {
      const direction = isAscending(key, read) ? 'ASC' : 'DESC';
      return key.nullable
        ? `${key.expression} ${direction} NULLS ${read === 'FORWARD' ? 'LAST' : 'FIRST'}`
        : `${key.expression} ${direction}`;
    })
    .join(', ');
}

/** True for what is read after the position, exclusive. `values` has one value per key. */
export function keysetSql(given: readonly SortKey[], values: readonly (Operand | null)[], read: ReadDirection): string {
  // The last key is the id: where a client orders by it before, no key after it decides.
  const keys = given.slice(0, given.findIndex(({ expression }) => expression === given.at(-1)?.expression) + 1);
  const row = rowComparison(keys, values, read);
  if (row !== null) return row;
  const alternatives: string[] = [];
  const equal: string[] = [];
  keys.forEach((key, index) => {
    const value = values[index] ?? null;
    const beyond = beyondSql(key, value, read);
    if (beyond !== null) alternatives.push([...equal, beyond].join(' AND '));
    equal.push(value === null ? `${key.expression} IS NULL` : `${key.expression} = ${key.bind(value)}`);
  });
  if (alternatives.length === 0) return 'false';
  const keyset = alternatives.length === 1 ? alternatives.join('') : `(${alternatives.join(' OR ')})`;
  const range = firstKeyRange(keys, values[0] ?? null, read);
  return range === null ? keyset : `${range} AND ${keyset}`;
}

/**
 * The same as one comparison of rows: of all ways to say it, an index of Postgres begins at the position with this one only. Null unless all keys go the same way
 * and none is nullable.
 */
function rowComparison(
  keys: readonly SortKey[],
  values: readonly (Operand | null)[],
  read: ReadDirection,
): string | null {
  const [first, ...others] = keys;
  if (first === undefined || others.length === 0) return null;
  const isAlike = (key: SortKey) => !key.nullable && isAscending(key, read) === isAscending(first, read);
  const position = values.slice(0, keys.length).filter((value) => value !== null);
  if (!keys.every(isAlike) || position.length < keys.length) return null;
  const expressions = keys.map(({ expression }) => expression).join(', ');
  const bound = position.map((value, index) => keys[index]?.bind(value)).join(', ');
  return `(${expressions}) ${isAscending(first, read) ? '>' : '<'} (${bound})`;
}

/** The rest implies it, but only this bounds an index scan on the first key. */
function firstKeyRange(keys: readonly SortKey[], value: Operand | null, read: ReadDirection): string | null {
  const [first] = keys;
  if (first === undefined || keys.length === 1 || first.nullable || value === null) return null;
  return `${first.expression} ${isAscending(first, read) ? '>=' : '<='} ${first.bind(value)}`;
}

/** Null if nothing can be beyond. */
function beyondSql(key: SortKey, value: Operand | null, read: ReadDirection): string | null {
  if (value === null) return read === 'BACKWARD' && key.nullable ? `${key.expression} IS NOT NULL` : null;
  const beyond = `${key.expression} ${isAscending(key, read) ? '>' : '<'} ${key.bind(value)}`;
  return read === 'FORWARD' && key.nullable ? `(${beyond} OR ${key.expression} IS NULL)` : beyond;
}

function isAscending(key: SortKey, read: ReadDirection): boolean {
  return (key.direction === 'ASC') === (read === 'FORWARD');
}
