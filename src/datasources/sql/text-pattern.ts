import type { Predicate } from '../../domain/filter/filter.ts';
import type { SearchWord } from '../../domain/search/search-words.ts';
import { wordSeparators } from '../../domain/search/word-separators.ts';
import { caseVariants } from '../../lib/case-variants.ts';

/** A predicate that a regular expression can express. */
export interface PatternPredicate {
  readonly operator: (typeof PATTERNED)[number];
  readonly operand: string;
}

/** All that a character may be replaced by, as one text; empty: any character. */
type Variants = (character: string) => string;

const PATTERNED = ['contains', 'eqIgnoreCase', 'startsWithIgnoreCase', 'containsIgnoreCase'] as const;

export function isPatternPredicate(predicate: Predicate): predicate is PatternPredicate {
  return PATTERNED.some((operator) => operator === predicate.operator);
}

/** What has a meaning of its own in a regular expression of either engine. */
const SPECIAL = /[.^$*+?()[\]{}|\\]/;

/** The regular expression that a part of a text matches if the text satisfies the predicate, and only then. @param variantsOf a character, where case does not count. */
export function patternOf({ operator, operand }: PatternPredicate, variantsOf: Variants = caseVariants): string {
  const text = textPattern(operand, operator === 'contains' ? null : variantsOf);
  if (operator === 'eqIgnoreCase') return `^${text}$`;
  return operator === 'startsWithIgnoreCase' ? `^${text}` : text;
}

/** The regular expression that a part of a text matches if the text has the word, and only then. */
export function wordPattern({ text, isPrefix }: SearchWord): string {
  const separator = `[${wordSeparators()}]`;
  return `(?:^|${separator})${textPattern(text, caseVariants)}${isPrefix ? '' : `(?:$|${separator})`}`;
}

/**
 * A regular expression that matches the text, the same in both engines: it has no classes or flags whose meaning would depend on the
 * engine's version of Unicode. Where case does not count, all variants of a letter are listed.
 */
function textPattern(text: string, variantsOf: Variants | null): string {
  return [...text].map((character) => characterPattern(character, variantsOf?.(character) ?? character)).join('');
}

function characterPattern(character: string, variants: string): string {
  if (SPECIAL.test(character)) return `\\${character}`;
  if (variants === '') return '.';
  return variants === character ? character : `[${variants}]`;
}
