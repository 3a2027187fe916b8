import { RE2JS, RE2JSException } from 're2js';
import { InvalidRule } from './invalid-rule.ts';

/** In UTF-16 code units. Longer texts are refused without matching. */
export const MAX_MATCHED_LENGTH = 5_000;
/** In UTF-16 code units. */
const MAX_PATTERN_LENGTH = 1_000;
/** Maximum cost of one character, in steps. `.{1,255}` takes about 500. */
export const MAX_PROGRAM_SIZE = 600;

/**
 * A regular expression that finds a match anywhere in a text, in time linear in the length of the text. The syntax is that of
 * JavaScript with the flag `u` (a character is a code point), without what needs backtracking: lookahead, lookbehind and
 * backreferences.
 */
export class LinearPattern {
  /** Steps per character, at most MAX_PROGRAM_SIZE. The cost of several patterns is the sum of theirs. */
  readonly programSize: number;
  readonly #source: string;
  readonly #expression: RE2JS;

  /** @throws InvalidRule */
  constructor(source: string) {
    if (source.length > MAX_PATTERN_LENGTH) {
      throw new InvalidRule(`pattern has ${source.length} characters; the limit is ${MAX_PATTERN_LENGTH}`);
    }
    this.#source = source;
    this.#expression = compile(source);
    this.programSize = this.#expression.programSize();
    if (this.programSize > MAX_PROGRAM_SIZE) {
      throw new InvalidRule(
        `pattern takes ${this.programSize} steps per character; the limit is ${MAX_PROGRAM_SIZE}, so use fewer repetitions`,
      );
    }
  }

  /** @param text At most MAX_MATCHED_LENGTH long. */
  test(text: string): boolean {
    return this.#expression.test(text);
  }

  /** The source, by which Ajv distinguishes the patterns of a schema. */
  toString(): string {
    return this.#source;
  }
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(source));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const reason = error.message.replace('error parsing regexp: ', '');
    throw new InvalidRule(
      `pattern is not supported (${reason}); expected a regular expression without lookahead, lookbehind and backreferences`,
      { cause: error },
    );
  }
}
