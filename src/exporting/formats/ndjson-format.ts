import { EXPORT_COLUMNS } from '../../domain/export-columns.ts';
import type { JsonValue } from '../../lib/canonical-json.ts';
import { exactJsonText } from '../../lib/exact-json-text.ts';
import type { ExportedRow } from '../exported-row.ts';
import type { ExportFormat } from './export-format.ts';

/** One JSON object per line, with the attributes that the entity has. */
export const ndjsonFormat: ExportFormat = {
  hasColumns: false,
  async *encode(_, batches) {
    for await (const rows of batches) yield rows.map(lineOf).join('');
  },
};

function lineOf({ entity, values, types }: ExportedRow): string {
  const line: Record<string, JsonValue> = {
    [EXPORT_COLUMNS.id]: entity.id,
    [EXPORT_COLUMNS.type]: entity.type,
    [EXPORT_COLUMNS.version]: entity.version,
    [EXPORT_COLUMNS.createdAt]: entity.createdAt.toISOString(),
    [EXPORT_COLUMNS.updatedAt]: entity.updatedAt.toISOString(),
  };
  if (types !== null) line[EXPORT_COLUMNS.types] = types;
  for (const { attribute, value } of values) line[attribute.key] = value;
  return `${exactJsonText(line)}\n`;
}
