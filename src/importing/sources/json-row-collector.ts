import type { Token } from 'stream-json/parser.js';
import type { JsonValue } from '../../lib/canonical-json.ts';
import { JsonAssembler } from './json-assembler.ts';

/** The document has no array of rows, or more than one. */
export class NoSingleRowArrayError extends Error {}

/**
 * Collects the rows of a JSON document token by token: the elements of the top-level array, or of the only member of the
 * top-level object that is an array of objects (decided by its first element). Keeps one row in memory.
 */
export class JsonRowCollector {
  #depth = 0;
  /** Depth of the array of rows: 1 for a top-level array, 2 for a member; null outside of it. */
  #rowDepth: number | null = null;
  #member = '';
  #rowMember: string | null = null;
  /** Inside an array of a member, before its first element. */
  #undecided = false;
  #row: JsonAssembler | null = null;
  #topLevel: 'array' | 'object' | null = null;

  /**
   * @returns the row that this token completes, or null.
   * @throws NoSingleRowArrayError
   */
  push(token: Token): { readonly row: JsonValue } | null {
    if (this.#row !== null) return this.#continueRow(this.#row, token);
    if (this.#undecided) this.#decide(token);
    if (this.#depth === this.#rowDepth && token.name !== 'endArray') return this.#startRow(token);
    this.#skip(token);
    return null;
  }

  /** @throws NoSingleRowArrayError if no array of rows was found. */
  end(): void {
    if (this.#topLevel === 'object' && this.#rowMember === null) {
      throw new NoSingleRowArrayError('no member of the top-level object is an array of objects');
    }
  }

  #skip(token: Token): void {
    switch (token.name) {
      case 'keyValue':
        if (this.#depth === 1) this.#member = token.value;
        return;
      case 'startObject':
        this.#topLevel ??= 'object';
        this.#depth++;
        return;
      case 'startArray':
        if (this.#depth === 0) this.#rowDepth = 1;
        this.#topLevel ??= 'array';
        this.#depth++;
        this.#undecided = this.#topLevel === 'object' && this.#depth === 2;
        return;
      case 'endArray':
      case 'endObject':
        if (this.#depth === this.#rowDepth) this.#rowDepth = null;
        this.#depth--;
        return;
      default:
        if (this.#topLevel === null) throw new NoSingleRowArrayError('the document is a single value');
    }
  }

  #decide(token: Token): void {
    this.#undecided = false;
    if (token.name !== 'startObject') return;
    if (this.#rowMember !== null) {
      throw new NoSingleRowArrayError(`"${this.#rowMember}" and "${this.#member}" are both arrays of objects`);
    }
    this.#rowMember = this.#member;
    this.#rowDepth = 2;
  }

  #startRow(token: Token): { readonly row: JsonValue } | null {
    return this.#continueRow(new JsonAssembler(), token);
  }

  #continueRow(row: JsonAssembler, token: Token): { readonly row: JsonValue } | null {
    const completed = row.consume(token);
    this.#row = completed === null ? row : null;
    return completed === null ? null : { row: completed.value };
  }
}
