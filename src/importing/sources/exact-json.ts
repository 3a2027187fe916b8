import { none } from 'stream-chain/core';
import Assembler from 'stream-json/assembler.js';
import { jsonParser, type Token } from 'stream-json/parser.js';
import type { JsonValue } from '../../lib/canonical-json.ts';

const INTEGER = /^-?[0-9]+$/;
/** May match inside a string as well: it only chooses the slower parser. */
const LONG_INTEGER = /(?:^|[:[,\s])-?[0-9]{16,}(?:$|[,}\]\s])/;

/** Tokens of JSON text that arrives in pieces, in which integers that a double cannot hold are strings of their digits. */
export class ExactTokenizer {
  readonly #parse = jsonParser({ streamValues: false });

  /** @throws Error where the text is no JSON. */
  push(text: string): readonly Token[] {
    return this.#tokens(text);
  }

  /** @throws Error where the text ends too early. */
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
 * As JSON.parse, but integers that a double cannot hold exactly become strings of their digits.
 * @throws Error where `text` is no JSON.
 */
export function parseExactJson(text: string): JsonValue {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text);
  const tokenizer = new ExactTokenizer();
  const assembler = new Assembler();
  for (const token of [...tokenizer.push(text), ...tokenizer.end()]) assembler.consume(token);
  return assembler.current as JsonValue;
}
