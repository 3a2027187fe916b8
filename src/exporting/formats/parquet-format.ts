import type { SchemaElement } from 'hyparquet';
import type { ColumnSource } from 'hyparquet-writer';
import type { AttributeDefinition, AttributeId } from '../../domain/catalog/attribute.ts';
import { EXPORT_COLUMNS } from '../../domain/export-columns.ts';
import { ParquetStream } from '../../lib/parquet-stream.ts';
import type { ExportedRow } from '../exported-row.ts';
import type { ExportFormat } from './export-format.ts';
import { VALUE_FORMS } from './value-forms.ts';

/** Cells of a row group, absent ones included: it is kept in memory, twice. */
const GROUP_CELLS = 2_000_000;
const MOST_ROWS = 100_000;
/** Of text and JSON in a row group, in UTF-16 code units, unless a single batch has more. */
const GROUP_LENGTH = 32 * 1024 * 1024;

const TEXT = VALUE_FORMS.TEXT.column;
const MOMENT = VALUE_FORMS.TIMESTAMP.column;

const OWN: readonly { readonly name: string; readonly column: Omit<SchemaElement, 'name'> }[] = [
  { name: EXPORT_COLUMNS.id, column: { type: 'INT64' } },
  { name: EXPORT_COLUMNS.type, column: TEXT },
  { name: EXPORT_COLUMNS.version, column: { type: 'INT64' } },
  { name: EXPORT_COLUMNS.createdAt, column: MOMENT },
  { name: EXPORT_COLUMNS.updatedAt, column: MOMENT },
  { name: EXPORT_COLUMNS.types, column: TEXT },
];

/** Row groups of bounded size, compressed with Snappy. */
export const parquetFormat: ExportFormat = {
  hasColumns: true,
  async *encode(columns, batches) {
    const stream = new ParquetStream(schemaOf(columns), 'SNAPPY');
    let group = new RowGroup(columns);
    const write = (): Uint8Array => {
      const full = group;
      group = new RowGroup(columns);
      return stream.group(full.columns(), full.rows);
    };
    for await (const rows of batches) {
      for (const row of rows) group.add(row);
      if (group.isFull) yield write();
    }
    if (group.rows > 0) yield write();
    yield stream.end();
  },
};

function schemaOf(columns: readonly AttributeDefinition[]): SchemaElement[] {
  const fields = [...OWN, ...columns.map(({ key, type }) => ({ name: key, column: VALUE_FORMS[type].column }))];
  const root: SchemaElement = { name: 'root', num_children: fields.length };
  return [root, ...fields.map(({ name, column }) => ({ ...column, name, repetition_type: 'OPTIONAL' as const }))];
}

class RowGroup {
  rows = 0;
  #length = 0;
  readonly #attributes: readonly AttributeDefinition[];
  readonly #own: unknown[][] = OWN.map(() => []);
  readonly #cells: ReadonlyMap<AttributeId, unknown[]>;

  constructor(attributes: readonly AttributeDefinition[]) {
    this.#attributes = attributes;
    this.#cells = new Map(attributes.map(({ id }) => [id, []]));
  }

  get isFull(): boolean {
    const cells = this.rows * (this.#own.length + this.#cells.size);
    return cells >= GROUP_CELLS || this.rows >= MOST_ROWS || this.#length >= GROUP_LENGTH;
  }

  add({ entity, values, types }: ExportedRow): void {
    const own = [
      BigInt(entity.id),
      entity.type,
      BigInt(entity.version),
      entity.createdAt,
      entity.updatedAt,
      types === null ? null : JSON.stringify(types),
    ];
    for (const [index, cell] of own.entries()) this.#own[index]?.push(cell);
    for (const { attribute, value } of values) {
      const cells = this.#cells.get(attribute.id);
      if (cells === undefined) continue;
      // Entities before this one that lack the attribute.
      while (cells.length < this.rows) cells.push(null);
      const stored = VALUE_FORMS[attribute.type].stored(value);
      cells.push(stored);
      if (typeof stored === 'string' || stored instanceof Uint8Array) this.#length += stored.length;
    }
    this.rows++;
  }

  columns(): ColumnSource[] {
    const own = OWN.map(({ name }, index) => ({ name, data: this.#own[index] ?? [] }));
    const attributes = this.#attributes.map(({ id, key }) => {
      const data = this.#cells.get(id) ?? [];
      while (data.length < this.rows) data.push(null);
      return { name: key, data };
    });
    return [...own, ...attributes] as ColumnSource[];
  }
}
