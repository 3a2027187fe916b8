import { parseExactJson } from './exact-json.ts';
import { flattenFeature } from './geojson-feature.ts';
import type { RowSource, SourceRow } from './row-source.ts';
import { textLines } from './text-lines.ts';

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
    return { kind: 'malformed', number, line, reason: 'A line must hold one JSON object.', content: value };
  } catch (error) {
    const reason = `The line is not JSON: ${(error as Error).message}.`;
    return { kind: 'malformed', number, line, reason, content: text };
  }
}
