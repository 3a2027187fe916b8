import type { AttributeType } from '../../domain/catalog/attribute.ts';
import { AtlasError } from '../../domain/errors.ts';
import { isExport } from '../../domain/export-columns.ts';
import { parseBoolean, parseNumber } from '../cell.ts';
import { DeclaredTypes } from '../declared-types.ts';
import { CsvSource } from './csv-source.ts';
import { parseExactJson } from './exact-json.ts';
import type { DataRow, RawValue, RowSource, SourceRow } from './row-source.ts';
import { textChunks } from './text-chunks.ts';

/** Enough for the first two columns. */
const HEAD_LENGTH = 100;

/** Whether a CSV file begins as an export does. What is wrong with it is said where it is read. */
export async function isExportedCsv(path: string): Promise<boolean> {
  try {
    for await (const head of textChunks(path, () => {})) {
      return isExport(head.slice(0, HEAD_LENGTH).split(/[,;\t|\r\n]/));
    }
  } catch (error) {
    if (!(error instanceof AtlasError)) throw error;
  }
  return false;
}

/** An export as CSV. Its values have the types that its rows declare, whatever they look like, and an empty text is not an absent one. */
export class ExportedCsvSource implements RowSource {
  readonly untyped = false;
  readonly #csv: CsvSource;

  constructor(
    readonly name: string,
    path: string,
  ) {
    this.#csv = new CsvSource(name, path, true);
  }

  async *rows(advance: (fraction: number) => void): AsyncGenerator<SourceRow> {
    const types = new DeclaredTypes(this.name);
    for await (const row of this.#csv.rows(advance)) {
      if (row.kind === 'data') types.read(row);
      yield row.kind === 'data' ? typed(row, types) : row;
    }
  }
}

/** What a cell of the type denotes. Others are left as they are, and rejected where they are converted. */
const READ: Record<AttributeType, (cell: string) => RawValue> = {
  TEXT: (cell) => cell,
  NUMBER: (cell) => parseNumber(cell) ?? cell,
  BOOLEAN: (cell) => parseBoolean(cell) ?? cell,
  TIMESTAMP: (cell) => cell,
  JSON: parseExactJson,
  REFERENCE: (cell) => cell,
  TEXT_LIST: parseExactJson,
  NUMBER_LIST: parseExactJson,
};

function typed(row: DataRow, types: DeclaredTypes): SourceRow {
  const fields: Record<string, RawValue> = Object.create(null);
  for (const [name, cell] of Object.entries(row.fields)) {
    const type = types.typeOf(name);
    try {
      fields[name] = type === null || typeof cell !== 'string' ? cell : READ[type](cell);
    } catch (error) {
      const reason = `Column ${JSON.stringify(name)} is not JSON (${(error as Error).message}).`;
      return { kind: 'malformed', number: row.number, line: row.line, reason, content: cell as string };
    }
  }
  return { ...row, fields };
}
