import type { SearchWord } from '../../../domain/search/search-words.ts';
import { caseVariants } from '../../../lib/case-variants.ts';
import { type PatternPredicate, patternOf, wordPattern } from '../../sql/text-pattern.ts';

/** What atlas.entities_by_texts looks for. */
export interface TextLookup {
  /** Operators of Postgres with their operands, of which an index on trigrams finds what meets them all: all texts that are looked for, and others, but for those with rare letters. */
  readonly parts: readonly (readonly ['~' | '~~', string])[];
  /** Regular expressions that a text matches. */
  readonly patterns: readonly string[];
  /** Those that a text with rare letters matches, though it may not meet the parts; none if it meets them. */
  readonly rare: readonly string[];
}

/** Code points that are looked for: more of them find hardly less, and take longer to look for. */
const LONGEST = 32;
/** From here on, a regular expression tells the index on trigrams nothing of a character, nor of those that are listed beside it. */
const FIRST_UNTOLD = 0x800;
/** Trigrams are of words without what is around them. */
const TRIGRAM = 3;

/**
 * The letters that the index `entity_attribute_with_rare_letters` is about (migration 25), which hardly any text has: the Kelvin sign, and old forms of Cyrillic letters. Beside
 * `k` and these, they would tell the index on trigrams nothing of most words. Of other letters, such as `å` with the sign of the unit, nothing is told.
 */
const RARE = /[\u1C80-\u1C87\u212A]/gu;

export function lookupOf({ operator, operand }: PatternPredicate): TextLookup {
  const text = beginning(operand);
  const isWhole = operator === 'eqIgnoreCase' && text === operand;
  const isStart = operator === 'startsWithIgnoreCase' || operator === 'eqIgnoreCase';
  if (operator === 'contains' || isCaseless(text)) {
    return { parts: [like(isStart ? '' : '%', text, isWhole ? '' : '%')], patterns: [], rare: [] };
  }
  const short = { operator: isStart && !isWhole ? ('startsWithIgnoreCase' as const) : operator, operand: text };
  const isRare = [...text].some((character) => caseVariants(character).search(RARE) >= 0);
  return {
    parts: [['~', patternOf(short, toldVariants)], ...untoldRuns(text).map((run) => like('%', run, '%'))],
    ...{ patterns: [], rare: isRare ? [patternOf(short)] : [] },
  };
}

/** The separators around a word are too many to tell trigrams by, so the index is asked for it as a part of the text. */
export function wordLookup(word: SearchWord): TextLookup {
  const { parts, rare } = lookupOf({ operator: 'containsIgnoreCase', operand: word.text });
  const patterns = [wordPattern(word)];
  return { parts, patterns, rare: rare.length === 0 ? [] : patterns };
}

/** What one text meets that has all the words. */
export function allWordsLookup(words: readonly SearchWord[]): TextLookup {
  const lookups = words.map(wordLookup);
  const patterns = lookups.flatMap((lookup) => lookup.patterns);
  const isRare = lookups.some(({ rare }) => rare.length > 0);
  return { parts: lookups.flatMap(({ parts }) => parts), patterns, rare: isRare ? patterns : [] };
}

function beginning(text: string): string {
  return [...text].slice(0, LONGEST).join('');
}

function isCaseless(text: string): boolean {
  return [...text].every((character) => caseVariants(character) === character);
}

/** None, which is any character: a capital without its small letter tells the index that no text matches. */
function toldVariants(character: string): string {
  const variants = caseVariants(character);
  if (variants === character && character.toLowerCase() !== character) return '';
  return variants.replaceAll(RARE, '');
}

/** The parts without a case that have characters which an expression tells nothing of. */
function untoldRuns(text: string): string[] {
  const runs = [...text].reduce<string[]>(
    ([last = '', ...before], character) =>
      caseVariants(character) === character ? [last + character, ...before] : ['', last, ...before],
    [],
  );
  return runs.filter((run) => [...run].length >= TRIGRAM && ![...run].every(isTold));
}

function isTold(character: string): boolean {
  return (character.codePointAt(0) ?? 0) < FIRST_UNTOLD;
}

/** What the capital sigma is in lower case depends, for some servers, on what follows it, so any character stands for it. */
function like(before: '' | '%', text: string, after: '' | '%'): TextLookup['parts'][number] {
  return ['~~', `${before}${text.replaceAll(/[\\%_]/g, '\\$&').replaceAll('Σ', '_')}${after}`];
}
