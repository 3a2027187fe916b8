import type { SearchWord } from '../../../domain/search/search-words.ts';
import { caseVariants } from '../../../lib/case-variants.ts';
import { type PatternPredicate, patternOf, wordPattern } from '../../sql/text-pattern.ts';

/** What atlas.entities_by_texts looks for. */
export interface TextLookup {
  /** Operators of Postgres with their operands, of which an index on trigrams finds what meets them all: all texts that are looked for, and others, but for those with rare letters. */
  readonly parts: readonly (readonly ['~' | '~~', string])[];
  /** Regular expressions that the text matches. */
  readonly patterns: readonly string[];
  /** Whether texts with rare letters may be looked for, too. */
  readonly rare: boolean;
}

/** Code points that are looked for: more of them find hardly less, and take longer to look for. */
const LONGEST = 32;
/** From here on, a regular expression tells the index on trigrams nothing of a character, nor of those that are listed beside it. */
const FIRST_UNTOLD = 0x800;
/** Trigrams are of words without what is around them. */
const TRIGRAM = 3;

/** The characters that the index `entity_attribute_with_rare_letters` is about (migration 25): variants of letters before U+0800 that come later, or that may be no letters to the server. */
const RARE =
  /[\u017F\u0345\u1C80-\u1C87\u1E9E\u1FBE\u1FD3\u1FE3\u2126\u212A\u212B\u2C62\u2C64-\u2C66\u2C6D-\u2C70\u2C7E\u2C7F\uA78D\uA7AA-\uA7AE\uA7B0-\uA7B2\uA7C5\uA7CB\uA7DC]/gu;

export function lookupOf({ operator, operand }: PatternPredicate): TextLookup {
  const text = beginning(operand);
  const isWhole = operator === 'eqIgnoreCase' && text === operand;
  const isStart = operator === 'startsWithIgnoreCase' || operator === 'eqIgnoreCase';
  if (operator === 'contains' || isCaseless(text)) {
    return { parts: [like(isStart ? '' : '%', text, isWhole ? '' : '%')], patterns: [], rare: false };
  }
  const short = isWhole ? operator : isStart ? 'startsWithIgnoreCase' : operator;
  const pattern = patternOf({ operator: short, operand: text }, toldVariants);
  const rare = [...text].some((character) => toldVariants(character) !== caseVariants(character));
  return { parts: [['~', pattern], ...untoldRuns(text).map((run) => like('%', run, '%'))], patterns: [], rare };
}

/** The separators around a word are too many to tell trigrams by, so the index is asked for it as a part of the text. */
export function wordLookup(word: SearchWord): TextLookup {
  return { ...lookupOf({ operator: 'containsIgnoreCase', operand: word.text }), patterns: [wordPattern(word)] };
}

/** What meets them all. */
export function allOf(lookups: readonly TextLookup[]): TextLookup {
  return {
    parts: lookups.flatMap(({ parts }) => parts),
    patterns: lookups.flatMap(({ patterns }) => patterns),
    rare: lookups.some(({ rare }) => rare),
  };
}

function beginning(text: string): string {
  return [...text].slice(0, LONGEST).join('');
}

function isCaseless(text: string): boolean {
  return [...text].every((character) => caseVariants(character) === character);
}

function toldVariants(character: string): string {
  const variants = caseVariants(character);
  return [...variants].some(isTold) ? variants.replaceAll(RARE, '') : variants;
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

function like(before: '' | '%', text: string, after: '' | '%'): TextLookup['parts'][number] {
  return ['~~', `${before}${text.replaceAll(/[\\%_]/g, '\\$&')}${after}`];
}
