import { none } from 'stream-chain/core';
import { jsonParser, type Token } from 'stream-json/parser.js';
import type { JsonValue } from '../../lib/canonical-json.ts';
import { exactNumber } from '../exact-number.ts';
import { JsonAssembler } from './json-assembler.ts';

/** Shorter numbers without an exponent are exact. */
const SHORTEST_INEXACT = 16;
/** A number that may be inexact. May also match inside a string, which only selects the slower parser. */
const SUSPECT_NUMBER = /(?:^|[:[,\s])-?[0-9](?:[0-9.]{15}|[0-9.]*[eE])/;

/**
 * Tokenizes JSON text that arrives in chunks. Numbers whose digits a double does not give back become strings, as they are
 * written; numbers too large for a double become infinite.
 */
export class ExactTokenizer {
  readonly #parse = jsonParser({ streamValues: false });

  /** @throws Error if the text is not JSON. */
  push(text: string): readonly Token[] {
    return this.#tokens(text);
  }

  /** @throws Error if the text is incomplete. */
  end(): readonly Token[] {
    return this.#tokens(none);
  }

  #tokens(input: string | typeof none): readonly Token[] {
    const parsed = this.#parse(input as string);
    return parsed === none ? [] : (parsed as { values: Token[] }).values.map(exact);
  }
}

function exact(token: Token): Token {
  if (token.name !== 'numberValue') return token;
  const { value } = token;
  if (value.length < SHORTEST_INEXACT && !/[eE]/.test(value)) return token;
  if (exactNumber(value) !== null || !Number.isFinite(Number(value))) return token;
  return { name: 'stringValue', value };
}

/**
 * Like JSON.parse, but with the numbers of ExactTokenizer.
 * @throws Error if `text` is not JSON.
 */
export function parseExactJson(text: string): JsonValue {
  if (!SUSPECT_NUMBER.test(text)) return JSON.parse(text);
  const tokenizer = new ExactTokenizer();
  const assembler = new JsonAssembler();
  let parsed: JsonValue = null;
  for (const token of [...tokenizer.push(text), ...tokenizer.end()]) {
    parsed = assembler.consume(token)?.value ?? parsed;
  }
  return parsed;
}
