import { pipeline, Readable } from 'node:stream';
import { type CsvError, type InfoRecord, parse } from 'csv-parse';
import { AtlasError } from '../../domain/errors.ts';
import type { RawValue, RowSource, SourceRow } from './row-source.ts';
import { textChunks } from './text-chunks.ts';
import { uniqueNames } from './unique-names.ts';

/** Longest record that is held in memory, in bytes: what a quote that is never closed may swallow. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024;
const DELIMITERS = [',', ';', '\t', '|'] as const;

interface ParsedRecord {
  readonly record: readonly string[];
  readonly info: InfoRecord;
}

/**
 * Delimited text (RFC 4180) whose first line names the columns. The delimiter is the one of `, ; TAB |` that the first
 * line has most of. Blank lines are skipped; a row with another number of cells than the header is malformed.
 */
export class CsvSource implements RowSource {
  readonly untyped = true;

  constructor(
    readonly name: string,
    readonly path: string,
  ) {}

  async *rows(advance: (fraction: number) => void): AsyncGenerator<SourceRow> {
    const skipped: { error: CsvError; raw: string }[] = [];
    const records = this.#records(await this.#delimiter(), advance, skipped);
    let header: readonly string[] | null = null;
    let number = 0;
    let lastLine = 0;
    const rejectSkipped = (): SourceRow[] =>
      skipped.splice(0).map(({ error, raw }) => {
        number++;
        const line = lineOf(error, lastLine);
        return { kind: 'malformed', number, line, reason: `${withoutPeriod(error.message)}.`, content: raw };
      });

    for await (const { record, info } of records) {
      const line = lastLine + 1;
      lastLine = info.lines;
      if (header === null) {
        this.#refuseBadHeader(skipped[0]?.error);
        if (isBlank(record)) continue;
        header = uniqueNames(record);
        continue;
      }
      yield* rejectSkipped();
      if (isBlank(record)) continue;
      number++;
      yield toRow(header, record, number, line);
    }
    if (header === null) {
      this.#refuseBadHeader(skipped[0]?.error);
      throw this.#fault('has no first line that names the columns');
    }
    yield* rejectSkipped();
  }

  #records(
    delimiter: string,
    advance: (fraction: number) => void,
    skipped: { error: CsvError; raw: string }[],
  ): AsyncIterable<ParsedRecord> {
    const parser = parse({
      delimiter,
      info: true,
      raw: true,
      relax_column_count: true,
      skip_records_with_error: true,
      max_record_size: MAX_RECORD_BYTES,
      on_skip: (error, raw) => {
        if (error !== undefined) skipped.push({ error, raw: (raw ?? '').slice(0, 10_000) });
        return undefined;
      },
    });
    // The error reaches whoever iterates over the parser.
    pipeline(Readable.from(textChunks(this.path, advance)), parser, () => {});
    return parser;
  }

  async #delimiter(): Promise<string> {
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
    return [...DELIMITERS].sort((a, b) => count(b) - count(a))[0] ?? ',';
  }

  #refuseBadHeader(error: CsvError | undefined): void {
    if (error !== undefined) throw this.#fault(`has a first line that is no CSV (${withoutPeriod(error.message)})`);
  }

  #fault(what: string): AtlasError {
    return new AtlasError(
      'BAD_USER_INPUT',
      `${this.name} ${what}: the first line of a CSV or TSV file names its columns, one row follows on each line.`,
    );
  }
}

const isBlank = (record: readonly string[]): boolean => record.length === 1 && record[0]?.trim() === '';
const withoutPeriod = (sentence: string): string => sentence.replace(/\.$/, '');
const lineOf = (error: CsvError, fallback: number): number =>
  typeof error.lines === 'number' ? error.lines : fallback + 1;

function toRow(header: readonly string[], record: readonly string[], number: number, line: number): SourceRow {
  if (record.length !== header.length) {
    const reason = `The row has ${record.length} cells where the header names ${header.length} columns.`;
    return { kind: 'malformed', number, line, reason, content: [...record] };
  }
  const fields: Record<string, RawValue> = {};
  for (let index = 0; index < header.length; index++) fields[header[index] as string] = record[index];
  return { kind: 'data', number, line, fields };
}
