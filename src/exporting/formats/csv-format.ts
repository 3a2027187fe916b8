import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { EXPORT_COLUMNS } from '../../domain/export-columns.ts';
import type { ExportedRow } from '../exported-row.ts';
import type { ExportFormat } from './export-format.ts';
import { VALUE_FORMS } from './value-forms.ts';

/** RFC 4180, with LF at the ends of lines. An entity that lacks an attribute has an empty cell; an empty text is quoted. */
export const csvFormat: ExportFormat = {
  hasColumns: true,
  async *encode(columns, batches) {
    yield `${[...Object.values(EXPORT_COLUMNS), ...columns.map(({ key }) => key)].join(',')}\n`;
    for await (const rows of batches) yield rows.map((row) => lineOf(columns, row)).join('');
  },
};

function lineOf(columns: readonly AttributeDefinition[], { entity, values, types }: ExportedRow): string {
  const own = [
    entity.id,
    entity.type,
    entity.version,
    entity.createdAt.toISOString(),
    entity.updatedAt.toISOString(),
    types === null ? '' : quoted(JSON.stringify(types)),
  ];
  const cells = new Map(values.map(({ attribute, value }) => [attribute.id, cellOf(attribute, value)]));
  return `${[...own, ...columns.map(({ id }) => cells.get(id) ?? '')].join(',')}\n`;
}

function cellOf({ type }: AttributeDefinition, value: ExportedRow['values'][number]['value']): string {
  const text = VALUE_FORMS[type].text(value);
  // Readers drop spaces around cells that are not quoted, or take a single CR for the end of a line.
  return text === '' || /[",;\t|\r\n]|^\s|\s$/.test(text) ? quoted(text) : text;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
