/**
 * The columns of an export that are not attributes. An attribute's key cannot contain a colon, so none of them is taken for one, and a
 * file with the first two is known to be an export by whoever imports it.
 */
export const EXPORT_COLUMNS = {
  id: 'atlas:id',
  type: 'atlas:type',
  version: 'atlas:version',
  createdAt: 'atlas:created_at',
  updatedAt: 'atlas:updated_at',
  /** In the first row with an attribute: its type, as a JSON object by keys. */
  types: 'atlas:types',
} as const;

const NAMES: ReadonlySet<string> = new Set(Object.values(EXPORT_COLUMNS));

/** Whether the column is one of an export that does not become an attribute. */
export function isExportColumn(name: string): boolean {
  return NAMES.has(name);
}

/** Whether a file with these columns is an export. */
export function isExport(columns: readonly string[]): boolean {
  return columns.includes(EXPORT_COLUMNS.id) && columns.includes(EXPORT_COLUMNS.type);
}
