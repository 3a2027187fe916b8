import { isExportColumn } from '../domain/export-columns.ts';
import { isAbsent } from './cell.ts';
import type { DataRow } from './sources/row-source.ts';

/** Number of cells that are not absent, without those that only an export has. */
export function countCells({ fields }: DataRow, untyped: boolean): number {
  let cells = 0;
  for (const [name, value] of Object.entries(fields)) if (!isAbsent(value, untyped) && !isExportColumn(name)) cells++;
  return cells;
}
