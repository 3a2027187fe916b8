import type { Operand } from '../../../domain/filter/filter.ts';
import type { ReadDirection } from '../../../domain/filter/page-position.ts';
import { keysetSql, orderBySql, type SortKey } from '../../sql/keyset-sql.ts';

type TiedPart = 'start' | 'near' | 'ties';

/** What is read in the order of one key, from the largest value to the smallest one, and of equal values by ascending id; or the reverse of it. */
export interface TiedOrder {
  /** Of the common table expressions: a prefix. */
  readonly name: string;
  /** Never null, and descending. */
  readonly key: SortKey;
  /** Ascending. */
  readonly id: SortKey;
  /** What the key is called in the rows of `select`. */
  readonly column: string;
  /** The key and the id after which the rows begin; null: all. */
  readonly position: readonly [Operand, string] | null;
  readonly read: ReadDirection;
  /** How many rows are needed, in SQL. */
  readonly limit: string;
  /** Rows that meet a condition, if there is one, in an order. Those of `start` must be the first ones; of the others, some may be left out, but none before one that is there. */
  readonly select: (condition: string | null, orderBy: string, part: TiedPart) => string;
}

export interface TiedRows {
  /** Common table expressions. */
  readonly tables: readonly string[];
  /** A select of the first rows in no order: `limit` of them, and others. */
  readonly rows: string;
}

/**
 * Whether no index over a key and the id has the order of both: read backwards, it gives the ids of equal values backwards, too. Sorting them would
 * read every row that shares the value, which in a large tenant are many.
 */
export function isTiedOrder({ direction, nullable }: SortKey): boolean {
  return direction === 'DESC' && !nullable;
}

/**
 * The rows by scans that each follow the index in one direction, and end after `limit` rows. `near` has all rows of every value but its last one, of
 * which it may have the wrong ones; those with the least ids come from `ties`. Of the value at the position, what is left comes from `start`.
 */
export function tiedRows({ name, key, id, column, position, read, limit, select }: TiedOrder): TiedRows {
  const tables: string[] = [];
  const parts: string[] = [];
  const add = (part: TiedPart, condition: string | null, orderBy: string, most: string) =>
    tables.push(`${name}_${part} AS MATERIALIZED (${select(condition, orderBy, part)}\nLIMIT ${most})`);
  let left = limit;
  if (position !== null) {
    const [value, after] = position;
    const rest = `${key.expression} = ${key.bind(value)} AND ${keysetSql([id], [after], read)}`;
    add('start', rest, orderBySql([id], read), limit);
    parts.push(`SELECT * FROM ${name}_start`);
    left = `${limit} - (SELECT count(*) FROM ${name}_start)`;
  }
  const beyond = position === null ? null : keysetSql([key], [position[0]], read);
  add('near', beyond, orderBySql([key, { ...id, direction: key.direction }], read), left);
  const last = `(SELECT ${column} FROM ${name}_near ORDER BY ${column} ${read === 'FORWARD' ? 'ASC' : 'DESC'} LIMIT 1)`;
  // Without the second condition, which is looked at once, all entities may be compared with the value of none.
  const isLast = `${key.expression} = ${last} AND EXISTS (SELECT FROM ${name}_near)`;
  add('ties', isLast, orderBySql([id], read), left);
  parts.push(`SELECT * FROM ${name}_near WHERE ${column} <> ${last}`, `SELECT * FROM ${name}_ties`);
  return { tables, rows: parts.join(' UNION ALL ') };
}
