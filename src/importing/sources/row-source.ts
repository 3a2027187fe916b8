import type { JsonValue } from '../../lib/canonical-json.ts';

/** One cell as its format gives it. Integers that a double cannot hold exactly arrive as their digits. */
export type RawValue = JsonValue | Date | undefined;

export interface DataRow {
  readonly kind: 'data';
  /** From 1; malformed rows count too, so that repairing one does not renumber the others. */
  readonly number: number;
  /** Where it starts in a format made of lines, from 1; null elsewhere. */
  readonly line: number | null;
  /** By column name, each name once. Null and undefined: the row lacks the attribute. */
  readonly fields: Readonly<Record<string, RawValue>>;
}

export interface MalformedRow {
  readonly kind: 'malformed';
  readonly number: number;
  readonly line: number | null;
  /** A sentence that says what would be right. */
  readonly reason: string;
  readonly content: JsonValue;
}

export type SourceRow = DataRow | MalformedRow;

/** Rows that can be read from the start any number of times, the same ones in the same order, in bounded memory. */
export interface RowSource {
  /** For messages, for instance the file's name. */
  readonly name: string;
  /** True where every value is text (CSV), so that types are read from what the text looks like. */
  readonly untyped: boolean;
  /**
   * @param advance is told which part of the source has been read, from 0 to 1.
   * @throws AtlasError BAD_USER_INPUT where the source as a whole cannot be read; says where and what would be right.
   */
  rows(advance: (fraction: number) => void): AsyncGenerator<SourceRow>;
}
