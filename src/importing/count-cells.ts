import { isAbsent } from './cell.ts';
import type { DataRow } from './sources/row-source.ts';

/** Number of cells that are not absent. */
export function countCells({ fields }: DataRow, untyped: boolean): number {
  let cells = 0;
  for (const value of Object.values(fields)) if (!isAbsent(value, untyped)) cells++;
  return cells;
}
