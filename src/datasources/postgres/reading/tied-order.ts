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
 * The rows by scans that each follow the index in one direction, and end after `limit` rows: of equal values, those with the least ids are read by
 * themselves.
 */
export function tiedRows({ name, key, id, column, position, read, limit, select }: TiedOrder): TiedRows {
  const table = (part: TiedPart, condition: string | null, orderBy: string, most: string) =>
    `${name}_${part} AS MATERIALIZED (${select(condition, orderBy, part)}\nLIMIT ${most})`;
  const inOrder = orderBySql([key, { ...id, direction: key.direction }], read);
  return rowsByValue({
    ...{ name, key, column, read, limit },
    from: position === null ? null : position[0],
    near: (beyond, most) => table('near', beyond, inOrder, most),
    sharing: (part, value, most) => {
      // Without a last value, all entities would be compared with none: that there is one is looked at once.
      const isThere =
        part === 'ties' ? `EXISTS (SELECT FROM ${name}_near)` : keysetSql([id], [position?.[1] ?? null], read);
      return [table(part, `${key.expression} = ${value} AND ${isThere}`, orderBySql([id], read), most)];
    },
  });
}

/** What is read in the order of a key, of which an index has the order of the key alone. */
export interface ValueOrder {
  /** Of the common table expressions: a prefix. */
  readonly name: string;
  /** Never null. */
  readonly key: SortKey;
  /** What the key is called in the rows. */
  readonly column: string;
  readonly read: ReadDirection;
  /** How many rows are needed, in SQL. */
  readonly limit: string;
  /** The value among whose rows those that are needed begin; null: they begin with the first. */
  readonly from: Operand | null;
  /** The table `<name>_near`: at most so many rows by the key, of which some may be left out, but none before one that is there. @param beyond a condition on them, if there is one. */
  readonly near: (beyond: string | null, most: string) => string;
  /** Tables, the last of which is `<name>_<part>`: the first rows of those with a value; for `start`, of those after the position. @param value in SQL. */
  readonly sharing: (part: 'start' | 'ties', value: string, most: string) => readonly string[];
}

/**
 * The rows value by value. `near` has all rows of every value but its last one, of which it may have the wrong ones; the first of those come from `ties`. Of the
 * value at the position, what is left comes from `start`.
 */
export function rowsByValue({ name, key, column, read, limit, from, near, sharing }: ValueOrder): TiedRows {
  const tables: string[] = [];
  const parts: string[] = [];
  let left = limit;
  if (from !== null) {
    tables.push(...sharing('start', key.bind(from), limit));
    parts.push(`SELECT * FROM ${name}_start`);
    left = `${limit} - (SELECT count(*) FROM ${name}_start)`;
  }
  tables.push(near(from === null ? null : keysetSql([key], [from], read), left));
  const backwards = orderBySql([{ ...key, expression: column }], read === 'FORWARD' ? 'BACKWARD' : 'FORWARD');
  const last = `(SELECT ${column} FROM ${name}_near ORDER BY ${backwards} LIMIT 1)`;
  tables.push(...sharing('ties', last, left));
  parts.push(`SELECT * FROM ${name}_near WHERE ${column} <> ${last}`, `SELECT * FROM ${name}_ties`);
  return { tables, rows: parts.join(' UNION ALL ') };
}
