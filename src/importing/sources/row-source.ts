import type { JsonValue } from '../../lib/canonical-json.ts';

/** One cell as read from its format. Integers that a double cannot represent exactly are given as their digits. */
export type RawValue = JsonValue | Date | undefined;

export interface DataRow {
  readonly kind: 'data';
  /** From 1. Malformed rows count, so that correcting one does not renumber the others. */
  readonly number: number;
  /** Line on which the row starts, from 1; null for formats that are not line-based. */
  readonly line: number | null;
  /** Cells by column name. Null and undefined mean that the entity lacks the attribute. */
  readonly fields: Readonly<Record<string, RawValue>>;
}

export interface MalformedRow {
  readonly kind: 'malformed';
  readonly number: number;
  readonly line: number | null;
  /** What is wrong with the row, and what was expected. */
  readonly reason: string;
  readonly content: JsonValue;
}

export type SourceRow = DataRow | MalformedRow;

/** Rows that can be read any number of times, always the same in the same order, with bounded memory. */
export interface RowSource {
  /** Name for messages, for example the file name. */
  readonly name: string;
  /** True if all values are text (CSV), so that types are inferred from the text. */
  readonly untyped: boolean;
  /**
   * @param advance called with the fraction of the source that has been read, from 0 to 1.
   * @throws AtlasError BAD_USER_INPUT if the source as a whole cannot be read; says where and what was expected.
   */
  rows(advance: (fraction: number) => void): AsyncGenerator<SourceRow>;
}
