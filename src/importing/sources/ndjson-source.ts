import { AtlasError } from '../../domain/errors.ts';
import { parseExactJson } from './exact-json.ts';
import { flattenFeature } from './geojson-feature.ts';
import type { RowSource, SourceRow } from './row-source.ts';
import { textChunks } from './text-chunks.ts';

/** Maximum length of a line, in UTF-16 code units. */
const MAX_LINE_LENGTH = 16 * 1024 * 1024;

/** One JSON object per line. Blank lines are skipped; a line that is not a JSON object is malformed. */
export class NdjsonSource implements RowSource {
  readonly untyped = false;

  constructor(
    readonly name: string,
    readonly path: string,
  ) {}

  async *rows(advance: (fraction: number) => void): AsyncGenerator<SourceRow> {
    let line = 0;
    let number = 0;
    for await (const text of textLines(this.path, advance)) {
      line++;
      if (text.trim() === '') continue;
      number++;
      yield parseLine(text, number, line);
    }
  }
}

function parseLine(text: string, number: number, line: number): SourceRow {
  try {
    const value = parseExactJson(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      return { kind: 'data', number, line, fields: flattenFeature(value) };
    }
    return {
      kind: 'malformed',
      number,
      line,
      reason: 'The line is not a JSON object; expected one object per line.',
      content: value,
    };
  } catch (error) {
    const reason = `The line is not JSON (${(error as Error).message}); expected one object per line.`;
    return { kind: 'malformed', number, line, reason, content: text };
  }
}

/**
 * The lines of a UTF-8 file without their line ends (LF or CR LF). The last line may lack one.
 * @throws AtlasError BAD_USER_INPUT if a line is longer than 16 MiB, or the file is not UTF-8.
 */
async function* textLines(path: string, advance: (fraction: number) => void): AsyncGenerator<string> {
  let number = 1;
  let rest = '';
  for await (const chunk of textChunks(path, advance)) {
    const lines = chunk.split('\n');
    lines[0] = rest + (lines[0] ?? '');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      yield line.endsWith('\r') ? line.slice(0, -1) : line;
      number++;
    }
    if (rest.length > MAX_LINE_LENGTH) {
      throw new AtlasError(
        'BAD_USER_INPUT',
        `${path}: line ${number} is longer than 16 MiB; expected one JSON object per line. A file with a JSON array needs the extension .json.`,
      );
    }
  }
  if (rest.length > 0) yield rest;
}
