import type { AttributeType } from '../domain/catalog/attribute.ts';
import { isExport } from '../domain/export-columns.ts';
import { AttributeKeys } from './attribute-key.ts';
import { typeOfCell } from './cell.ts';
import { countCells } from './count-cells.ts';
import { DeclaredTypes } from './declared-types.ts';
import { firstRows } from './sources/first-rows.ts';
import type { RawValue, RowSource } from './sources/row-source.ts';

export interface InferredColumn {
  readonly name: string;
  readonly key: string;
  /** Type of all cells of the column, or the one that an export declares; TEXT if they differ; null if all of them are absent. */
  readonly type: AttributeType | null;
  /** The types that occur among the cells, each with the first cell that has it. */
  readonly seen: ReadonlyMap<AttributeType, FirstCell>;
}

export interface FirstCell {
  readonly row: number;
  /** Null for formats that are not line-based. */
  readonly line: number | null;
  readonly value: RawValue;
}

/**
 * The columns of a source in order of first appearance, inferred from one pass over its first rows. Malformed rows are ignored, and so
 * are those with too many cells: they will be rejected, and must not define attributes.
 * @throws AtlasError BAD_USER_INPUT as the source does; the signal's reason once it is aborted.
 */
export async function inferColumns(
  source: RowSource,
  most: { readonly rows: number; readonly cells: number },
  advance: (fraction: number, rows: number) => void,
  signal: AbortSignal,
): Promise<readonly InferredColumn[]> {
  const declared = new DeclaredTypes(source.name);
  const types = new Map<string, Map<AttributeType, FirstCell>>();
  for await (const row of firstRows(source, most.rows, advance)) {
    signal.throwIfAborted();
    if (row.kind === 'malformed' || countCells(row, source.untyped) > most.cells) continue;
    declared.read(row);
    for (const [name, value] of Object.entries(row.fields)) {
      const seen = types.get(name) ?? new Map<AttributeType, FirstCell>();
      types.set(name, seen);
      const type = typeOfCell(value, source.untyped);
      if (type !== null && !seen.has(type)) seen.set(type, { row: row.number, line: row.line, value });
    }
  }
  const keys = new AttributeKeys();
  // The keys of an export are keys already.
  const isExported = isExport([...types.keys()]);
  return [...types].map(([name, seen]) => {
    const type = isExported ? declared.typeOf(name) : null;
    if (type === null) return { name, key: keys.keyOf(name), type: typeOfColumn(seen), seen };
    return { name, key: name, type, seen: new Map([...seen].slice(0, 1).map(([, cell]) => [type, cell])) };
  });
}

function typeOfColumn(seen: ReadonlyMap<AttributeType, FirstCell>): AttributeType | null {
  const [type = null] = seen.keys();
  return seen.size > 1 ? 'TEXT' : type;
}
