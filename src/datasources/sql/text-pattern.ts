import type { Predicate } from '../../domain/filter/filter.ts';
import type { SearchWord } from '../../domain/search/search-words.ts';
import { wordSeparators } from '../../domain/search/word-separators.ts';
import { caseVariants } from '../../lib/case-variants.ts';

/** A predicate that a regular expression can express. */
export interface PatternPredicate {
  readonly operator: (typeof PATTERNED)[number];
  readonly operand: string;
}

const PATTERNED = ['contains', 'eqIgnoreCase', 'startsWithIgnoreCase', 'containsIgnoreCase'] as const;

/** Code points that are looked for by trigrams: more of them find hardly less, and take longer to look for. */
const LONGEST = 32;

export function isPatternPredicate(predicate: Predicate): predicate is PatternPredicate {
  return PATTERNED.some((operator) => operator === predicate.operator);
}

/** A predicate that holds wherever this one does, on a text that is short enough to look for. */
export function beginningOf(predicate: PatternPredicate): PatternPredicate {
  const { operator, operand } = predicate;
  const short = beginning(operand);
  if (short === operand) return predicate;
  return { operator: operator === 'eqIgnoreCase' ? 'startsWithIgnoreCase' : operator, operand: short };
}

function beginning(text: string): string {
  return [...text].slice(0, LONGEST).join('');
}

/** What has a meaning of its own in a regular expression of either engine. */
const SPECIAL = /[.^$*+?()[\]{}|\\]/;

/** The regular expression that a part of a text matches if the text satisfies the predicate, and only then. */
export function patternOf({ operator, operand }: PatternPredicate): string {
  const text = textPattern(operand, operator !== 'contains');
  if (operator === 'eqIgnoreCase') return `^${text}$`;
  return operator === 'startsWithIgnoreCase' ? `^${text}` : text;
}

/** The regular expression that a part of a text matches if the text has the word, and only then. */
export function wordPattern({ text, isPrefix }: SearchWord): string {
  const separator = `[${wordSeparators()}]`;
  return `(?:^|${separator})${textPattern(text, true)}${isPrefix ? '' : `(?:$|${separator})`}`;
}

/** The regular expression that a part of a text matches if the text has the word, and maybe otherwise: it has no separators, whose many characters say nothing to an index on trigrams. */
export function partPattern({ text }: SearchWord): string {
  return textPattern(beginning(text), true);
}

/**
 * A regular expression that matches the text, the same in both engines: it has no classes or flags whose meaning would depend on the
 * engine's version of Unicode. Where case does not count, all variants of a letter are listed.
 */
function textPattern(text: string, ignoreCase: boolean): string {
  return [...text].map((character) => characterPattern(character, ignoreCase)).join('');
}

function characterPattern(character: string, ignoreCase: boolean): string {
  if (SPECIAL.test(character)) return `\\${character}`;
  const variants = ignoreCase ? caseVariants(character) : character;
  return variants === character ? character : `[${variants}]`;
}
