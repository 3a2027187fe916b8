import { RE2JS, RE2JSException } from 're2js';
import { InvalidRule } from './invalid-rule.ts';

/** In UTF-16 code units. Longer texts are not matched at all. */
export const MAX_MATCHED_LENGTH = 5_000;
/** In UTF-16 code units. */
const MAX_PATTERN_LENGTH = 1_000;
/** What a character costs at most, in steps. `.{1,255}` is a program of some 500. */
export const MAX_PROGRAM_SIZE = 600;

/**
 * A regular expression that finds a match anywhere in a text, in time linear in the text's length. The syntax is JavaScript's
 * without what needs backtracking (lookahead, lookbehind, backreferences), with its flag `u`: a character is a code point.
 */
export class LinearPattern {
  /** At most MAX_PROGRAM_SIZE; who matches several adds them up. */
  readonly programSize: number;
  readonly #source: string;
  readonly #expression: RE2JS;

  /** @throws InvalidRule */
  constructor(source: string) {
    if (source.length > MAX_PATTERN_LENGTH) {
      throw new InvalidRule(`pattern has ${source.length} characters: give at most ${MAX_PATTERN_LENGTH}`);
    }
    this.#source = source;
    this.#expression = compile(source);
    this.programSize = this.#expression.programSize();
    if (this.programSize > MAX_PROGRAM_SIZE) {
      throw new InvalidRule(
        `pattern takes ${this.programSize} steps per character: repeat fewer times, so that it takes at most ${MAX_PROGRAM_SIZE}`,
      );
    }
  }

  /** @param text of at most MAX_MATCHED_LENGTH */
  test(text: string): boolean {
    return this.#expression.test(text);
  }

  /** The source, by which Ajv tells the patterns of a schema apart. */
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
      `pattern is not accepted (${reason}): give a regular expression without lookahead, lookbehind and backreferences`,
      { cause: error },
    );
  }
}
