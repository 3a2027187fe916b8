import type { AttributeType } from '../domain/catalog/attribute.ts';
import { AttributeKeys } from './attribute-key.ts';
import { typeOfCell } from './cell.ts';
import { firstRows } from './sources/first-rows.ts';
import type { RowSource } from './sources/row-source.ts';

export interface InferredColumn {
  readonly name: string;
  readonly key: string;
  /** What every cell of the column is; TEXT where they differ; null where all of them are absent. */
  readonly type: AttributeType | null;
  /** What any of its cells is. */
  readonly seen: ReadonlySet<AttributeType>;
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
  const types = new Map<string, Set<AttributeType>>();
  for await (const row of firstRows(source, limit, advance)) {
    signal.throwIfAborted();
    if (row.kind === 'malformed') continue;
    for (const [name, value] of Object.entries(row.fields)) {
      const seen = types.get(name) ?? new Set();
      types.set(name, seen);
      const type = typeOfCell(value, source.untyped);
      if (type !== null) seen.add(type);
    }
  }
  const keys = new AttributeKeys();
  return [...types].map(([name, seen]) => ({ name, key: keys.keyOf(name), type: typeOfColumn(seen), seen }));
}

function typeOfColumn(seen: ReadonlySet<AttributeType>): AttributeType | null {
  const [type = null] = seen;
  return seen.size > 1 ? 'TEXT' : type;
}
