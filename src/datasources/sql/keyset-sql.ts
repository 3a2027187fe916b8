import type { Direction, Operand } from '../../domain/filter/filter.ts';

export type Reading = 'FORWARD' | 'BACKWARD';

/** One expression that entities are sorted by. Nulls come last, whatever the direction. */
export interface SortKey {
  readonly expression: string;
  readonly direction: Direction;
  readonly nullable: boolean;
  /** A placeholder for a value of this key. */
  bind(value: Operand): string;
}

/** Reading BACKWARD is reading the reversed order. */
export function orderBySql(keys: readonly SortKey[], reading: Reading): string {
  return keys
    .map((key) => {
      const direction = isAscending(key, reading) ? 'ASC' : 'DESC';
      return key.nullable
        ? `${key.expression} ${direction} NULLS ${reading === 'FORWARD' ? 'LAST' : 'FIRST'}`
        : `${key.expression} ${direction}`;
    })
    .join(', ');
}

/** Holds for what is read after the position, exclusive. `values` has one value per key. */
export function keysetSql(keys: readonly SortKey[], values: readonly (Operand | null)[], reading: Reading): string {
  const alternatives: string[] = [];
  const equal: string[] = [];
  keys.forEach((key, index) => {
    const value = values[index] ?? null;
    const beyond = beyondSql(key, value, reading);
    if (beyond !== null) alternatives.push([...equal, beyond].join(' AND '));
    equal.push(value === null ? `${key.expression} IS NULL` : `${key.expression} = ${key.bind(value)}`);
  });
  if (alternatives.length === 0) return 'false';
  const keyset = alternatives.length === 1 ? alternatives.join('') : `(${alternatives.join(' OR ')})`;
  const range = firstKeyRange(keys, values[0] ?? null, reading);
  return range === null ? keyset : `${range} AND ${keyset}`;
}

/** Implied by the rest, but only this bounds an index scan on the first key. */
function firstKeyRange(keys: readonly SortKey[], value: Operand | null, reading: Reading): string | null {
  const [first] = keys;
  if (first === undefined || keys.length === 1 || first.nullable || value === null) return null;
  return `${first.expression} ${isAscending(first, reading) ? '>=' : '<='} ${first.bind(value)}`;
}

/** Null where nothing can be beyond. */
function beyondSql(key: SortKey, value: Operand | null, reading: Reading): string | null {
  if (value === null) return reading === 'BACKWARD' && key.nullable ? `${key.expression} IS NOT NULL` : null;
  const beyond = `${key.expression} ${isAscending(key, reading) ? '>' : '<'} ${key.bind(value)}`;
  return reading === 'FORWARD' && key.nullable ? `(${beyond} OR ${key.expression} IS NULL)` : beyond;
}

function isAscending(key: SortKey, reading: Reading): boolean {
  return (key.direction === 'ASC') === (reading === 'FORWARD');
}
