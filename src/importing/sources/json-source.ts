import verifyFile, { type VerifierError } from 'stream-json/file/verifier.js';
import { AtlasError } from '../../domain/errors.ts';
import type { JsonValue } from '../../lib/canonical-json.ts';
import { ExactTokenizer } from './exact-json.ts';
import { flattenFeature } from './geojson-feature.ts';
import { JsonRowCollector, NoSingleRowArrayError } from './json-row-collector.ts';
import type { RowSource, SourceRow } from './row-source.ts';
import { textChunks } from './text-chunks.ts';

/** What the verifier says before the reason. The position is in our own message. */
const VERIFIER_PREFIX = /^ERROR at [^:]*: Verifier (?:cannot parse input: |has )?/;

/** A JSON document: an array of objects, a GeoJSON FeatureCollection, or an object with exactly one array of objects. */
export class JsonSource implements RowSource {
  readonly untyped = false;

  constructor(
    readonly name: string,
    readonly path: string,
  ) {}

  async *rows(advance: (fraction: number) => void): AsyncGenerator<SourceRow> {
    const tokenizer = new ExactTokenizer();
    const collector = new JsonRowCollector();
    let number = 0;
    for await (const tokens of this.#tokens(tokenizer, advance)) {
      for (const token of tokens) {
        const completed = this.#collect(() => collector.push(token));
        if (completed === null) continue;
        number++;
        yield toRow(completed.row, number);
      }
    }
    this.#collect(() => collector.end());
  }

  async *#tokens(tokenizer: ExactTokenizer, advance: (fraction: number) => void) {
    for await (const text of textChunks(this.path, advance)) {
      yield await this.#tokenize(() => tokenizer.push(text));
    }
    yield await this.#tokenize(() => tokenizer.end());
  }

  async #tokenize<T>(step: () => T): Promise<T> {
    try {
      return step();
    } catch (error) {
      const { line, pos, message } = await this.#locate(error as Error);
      throw new AtlasError(
        'BAD_USER_INPUT',
        `${this.name} is not well-formed JSON at line ${line}, column ${pos}: ${message.replace(VERIFIER_PREFIX, '')}.`,
        { cause: error },
      );
    }
  }

  /** The tokenizer does not report positions, so the verifier reads the file again to find the error. */
  async #locate(error: Error): Promise<{ line: number | string; pos: number | string; message: string }> {
    try {
      await verifyFile(this.path);
    } catch (located) {
      return located as VerifierError;
    }
    return { line: '?', pos: '?', message: error.message };
  }

  #collect<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof NoSingleRowArrayError)) throw error;
      throw new AtlasError(
        'BAD_USER_INPUT',
        `${this.name} contains no rows to import (${error.message}); expected an array of objects, a GeoJSON FeatureCollection, or an object with exactly one array of objects.`,
      );
    }
  }
}

function toRow(value: JsonValue, number: number): SourceRow {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return { kind: 'data', number, line: null, fields: flattenFeature(value) };
  }
  return {
    kind: 'malformed',
    number,
    line: null,
    reason: 'The row is not a JSON object; expected one object per row.',
    content: value,
  };
}
