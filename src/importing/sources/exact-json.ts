import { none } from 'stream-chain/core';
import Assembler from 'stream-json/assembler.js';
import { jsonParser, type Token } from 'stream-json/parser.js';
import type { JsonValue } from '../../lib/canonical-json.ts';

const INTEGER = /^-?[0-9]+$/;
/** May also match inside a string, which only selects the slower parser. */
const LONG_INTEGER = /(?:^|[:[,\s])-?[0-9]{16,}(?:$|[,}\]\s])/;

/** Tokenizes JSON text that arrives in chunks. Integers that a double cannot represent become strings of their digits. */
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
  if (token.name !== 'numberValue' || token.value.length < 16 || !INTEGER.test(token.value)) return token;
  return Number.isSafeInteger(Number(token.value)) ? token : { name: 'stringValue', value: token.value };
}

/**
 * Like JSON.parse, but integers that a double cannot represent exactly become strings of their digits.
 * @throws Error if `text` is not JSON.
 */
export function parseExactJson(text: string): JsonValue {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text);
  const tokenizer = new ExactTokenizer();
  const assembler = new Assembler();
  for (const token of [...tokenizer.push(text), ...tokenizer.end()]) assembler.consume(token);
  return assembler.current as JsonValue;
}
