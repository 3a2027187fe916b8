import { pipeline, Readable } from 'node:stream';
import { type InfoRecord, parse } from 'csv-parse';
import { AtlasError } from '../../domain/errors.ts';
import type { RawValue, RowSource, SourceRow } from './row-source.ts';
import { textChunks } from './text-chunks.ts';
import { uniqueNames } from './unique-names.ts';

/** Maximum size of a record in bytes. Limits how much of the file a quote that is never closed can read into memory. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024;
/** The end of the first line, outside of quotes. */
const FIRST_LINE_END = /^(?:[^"\r\n]|"[^"]*")*(\r?\n|\r)/;
const DELIMITERS = [',', ';', '\t', '|'] as const;

/** Null for an empty cell without quotes, where that means something. */
type Cell = string | null;

interface ParsedRecord {
  readonly record: readonly Cell[];
  readonly info: InfoRecord;
}

interface CsvFormat {
  readonly delimiter: string;
  readonly lineEnds: readonly string[];
}

/**
 * Delimited text (RFC 4180) whose first line names the columns. The delimiter is whichever of `, ; TAB |` occurs most often in
 * the first line. Lines end with LF or CR LF, also in one file, or all with CR, as the first one does. Blank lines are skipped. A quote inside a cell that is not doubled is kept. A row is malformed if its number of
 * cells differs from the header's, or if its quote is not closed by the end of the file.
 */
export class CsvSource implements RowSource {
  readonly untyped: boolean = true;

  constructor(
    readonly name: string,
    readonly path: string,
    /** Whether an empty cell with quotes differs from one without. */
    readonly marksEmpty = false,
  ) {}

  async *rows(advance: (fraction: number) => void): AsyncGenerator<SourceRow> {
    let unclosed = false;
    const records = this.#records(await this.#format(), advance, () => {
      unclosed = true;
    });
    let header: readonly string[] | null = null;
    let number = 0;
    let line = 1;
    for await (const { record, info } of records) {
      if (!isBlank(record, header)) {
        if (header === null) header = uniqueNames(record.map((name) => name ?? ''));
        else yield toRow(header, record, ++number, line);
      }
      line = info.lines + 1;
    }
    if (header === null)
      throw this.#fault(unclosed ? `has a quote in line ${line} that is not closed` : 'has no header line');
    if (unclosed) {
      const reason = 'The quote opened here is not closed by the end of the file; close it, or double it.';
      yield { kind: 'malformed', number: number + 1, line, reason, content: null };
    }
  }

  #records(
    { delimiter, lineEnds }: CsvFormat,
    advance: (fraction: number) => void,
    onUnclosed: () => void,
  ): AsyncIterable<ParsedRecord> {
    const parser = parse({
      delimiter,
      record_delimiter: [...lineEnds],
      info: true,
      ...(this.marksEmpty && { cast: (cell, { quoting }) => (cell === '' && !quoting ? null : cell) }),
      relax_column_count: true,
      relax_quotes: true,
      max_record_size: MAX_RECORD_BYTES,
      skip_records_with_error: true,
      on_skip: (error) => {
        // Only a record left incomplete at the end of the file is skipped; any other error ends parsing.
        if (error?.code === 'CSV_MAX_RECORD_SIZE') throw this.#tooLong(error.lines as number);
        if (error?.code !== 'CSV_QUOTE_NOT_CLOSED')
          throw this.#fault(`is not valid CSV (${error?.message ?? 'unreadable'})`);
        onUnclosed();
        return undefined;
      },
    });
    // The consumer that iterates over the parser gets the error.
    pipeline(Readable.from(textChunks(this.path, advance)), parser, () => {});
    return parser;
  }

  async #format(): Promise<CsvFormat> {
    let head = '';
    for await (const chunk of textChunks(this.path, () => {})) {
      head += chunk;
      if (/\n./.test(head) || head.length > 65_536) break;
    }
    const firstLine =
      head
        .trimStart()
        .split(/\r?\n/, 1)[0]
        ?.replaceAll(/"[^"]*"/g, '') ?? '';
    const count = (delimiter: string): number => firstLine.split(delimiter).length;
    const delimiter = [...DELIMITERS].sort((a, b) => count(b) - count(a))[0] ?? ',';
    const carriageReturns = FIRST_LINE_END.exec(head)?.[1] === '\r';
    return { delimiter, lineEnds: carriageReturns ? ['\r'] : ['\r\n', '\n'] };
  }

  #tooLong(line: number): AtlasError {
    return new AtlasError(
      'BAD_USER_INPUT',
      `${this.name}: the row near line ${line} is longer than 16 MiB; expected shorter rows, and every quote closed.`,
    );
  }

  #fault(what: string): AtlasError {
    return new AtlasError(
      'BAD_USER_INPUT',
      `${this.name} ${what}; expected a header line that names the columns, followed by one row per line.`,
    );
  }
}

/** A line of spaces is blank, except in a file with a single column: there it is a cell. */
function isBlank(record: readonly Cell[], header: readonly string[] | null): boolean {
  const only = record[0] ?? '';
  return record.length === 1 && (only === '' || (header?.length !== 1 && only.trim() === ''));
}

function toRow(header: readonly string[], record: readonly Cell[], number: number, line: number): SourceRow {
  if (record.length !== header.length) {
    const reason = `The row has ${record.length} cells; expected ${header.length}, as in the header.`;
    return { kind: 'malformed', number, line, reason, content: [...record] };
  }
  const fields: Record<string, RawValue> = Object.create(null);
  for (let index = 0; index < header.length; index++) fields[header[index] as string] = record[index];
  return { kind: 'data', number, line, fields };
}
