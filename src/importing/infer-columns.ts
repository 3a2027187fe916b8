import type { AttributeType } from '../domain/attribute.ts';
import { AttributeKeys } from './attribute-key.ts';
import { typeOfCell } from './cell.ts';
import { firstRows } from './sources/first-rows.ts';
import type { RowSource } from './sources/row-source.ts';

export interface InferredColumn {
  readonly name: string;
  readonly key: string;
  /** What every cell of the column is; TEXT where they differ; null where all of them are absent. */
  readonly type: AttributeType | null;
}

/**
 * The columns of a source in the order of their first appearance, from one pass over all of its rows (at most `limit`).
 * Malformed rows say nothing about columns.
 * @throws AtlasError BAD_USER_INPUT as the source does; the signal's reason once it is aborted.
 */
export async function inferColumns(
  source: RowSource,
  limit: number,
  advance: (fraction: number, rows: number) => void,
  signal: AbortSignal,
): Promise<readonly InferredColumn[]> {
  const types = new Map<string, AttributeType | null>();
  for await (const row of firstRows(source, limit, advance)) {
    signal.throwIfAborted();
    if (row.kind === 'malformed') continue;
    for (const [name, value] of Object.entries(row.fields)) {
      const known = types.get(name);
      // Nothing changes a column that is text already.
      if (known !== 'TEXT') types.set(name, merged(known ?? null, typeOfCell(value, source.untyped)));
    }
  }
  const keys = new AttributeKeys();
  return [...types].map(([name, type]) => ({ name, key: keys.keyOf(name), type }));
}

function merged(one: AttributeType | null, other: AttributeType | null): AttributeType | null {
  if (one === null || other === null) return one ?? other;
  return one === other ? one : 'TEXT';
}
