import type { TenantCatalog } from '../domain/catalog/attribute.ts';
import type { FirstCell, InferredColumn } from './infer-columns.ts';
import type { InspectedFile } from './inspect-files.ts';
import { keyColumns } from './plan-columns.ts';
import { describedColumns, type IdSource, keyedIds, keyOfFile, resolveIdColumns } from './row-identity.ts';

/** Longer values are cut. */
const VALUE_LENGTH = 40;

/**
 * What an import of a file would do, as lines of text: its columns with the attributes that they become, and the cells that decided the types.
 * @throws AtlasError BAD_USER_INPUT if a column's attribute is retired, or as keyedIds.
 */
export function describePlan(inspected: InspectedFile, catalog: TenantCatalog): string {
  const { file, type, ids, columns, rows, source } = inspected;
  const resolved = resolveIdColumns(ids, columns, source.name);
  const keyed = keyColumns(describedColumns(columns, resolved), type, catalog);
  const own = keyedIds(resolved, keyOfFile(catalog, type), keyed, { source: source.name, type });
  const table = keyed.map((column) => {
    const known = catalog.byKey(column.key);
    const attribute = known === undefined ? 'new' : `is ${known.type}`;
    return [column.name, column.key, column.type ?? '-', attribute, decidedBy(column)];
  });
  const lines = aligned([['column', 'attribute', 'type', 'in the catalog', 'decided by'], ...table]);
  const count = `${rows.toLocaleString('en-US')} row${rows === 1 ? '' : 's'}`;
  return [
    `${file} → ${type ?? 'an export'}: ${count}; ids ${describeIds(own)}`,
    ...lines.map((line) => `  ${line}`),
  ].join('\n');
}

/** The first cell of each type that occurs: of several, the first of each made the column TEXT. */
function decidedBy({ seen }: InferredColumn): string {
  if (seen.size === 0) return 'no value: no attribute';
  return [...seen].map(([type, cell]) => `${seen.size > 1 ? `${type} ` : ''}${place(cell)}: ${shown(cell)}`).join('; ');
}

function place({ row, line }: FirstCell): string {
  return line === null ? `row ${row}` : `line ${line}`;
}

function shown({ value }: FirstCell): string {
  const text = JSON.stringify(value) ?? '';
  return text.length <= VALUE_LENGTH ? text : `${text.slice(0, VALUE_LENGTH)}…`;
}

function describeIds(ids: IdSource): string {
  switch (ids.kind) {
    case 'content':
      return 'from the content of each row';
    case 'key':
      return `from ${ids.columns.join(', ')}`;
    case 'column':
      return `in ${ids.column}`;
    case 'unique':
      return `from the key ${ids.attribute.key}`;
    case 'exported':
      return 'and types as exported';
    case 'base':
      return `from ${ids.base + 1n}`;
  }
}

/** Columns of equal width, but for the last. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
