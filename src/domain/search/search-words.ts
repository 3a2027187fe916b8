import { caseVariants } from '../../lib/case-variants.ts';
import { INDEXED_TEXT_LENGTH } from '../catalog/attribute.ts';
import { AtlasError } from '../errors.ts';
import { overLimit } from '../over-limit.ts';
import { isStorableText } from '../values/storable.ts';

/** A word that is searched for, without its case. */
export interface SearchWord {
  /** Neither empty nor longer than INDEXED_TEXT_LENGTH; without separators. */
  readonly text: string;
  /** Whether words that only begin with it are found as well. */
  readonly isPrefix: boolean;
}

/** What is between separators, and whether an asterisk follows it at once. */
const WORD = /([^\p{P}\p{S}\p{Z}\p{Cc}]+)(\*?)/gu;

/**
 * The words of a text that a client searches for, each once, in their order.
 * @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED
 */
export function searchWords(text: string, maxWords: number): readonly SearchWord[] {
  if (!isStorableText(text)) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      'text contains a NUL character or an unpaired surrogate, which stored text never contains; remove it.',
    );
  }
  const length = [...text].length;
  if (length > INDEXED_TEXT_LENGTH) {
    throw new AtlasError('LIMIT_EXCEEDED', `text has ${length} characters; the limit is ${INDEXED_TEXT_LENGTH}.`);
  }
  const words = new Map<string, SearchWord>();
  for (const [, word = '', asterisk = ''] of text.matchAll(WORD)) {
    const identity = [...word].map(caseVariants).join(' ') + asterisk;
    if (!words.has(identity)) words.set(identity, { text: word, isPrefix: asterisk !== '' });
  }
  if (words.size === 0) throw new AtlasError('BAD_USER_INPUT', 'text has no word; expected letters or digits.');
  if (words.size > maxWords) {
    throw new AtlasError('LIMIT_EXCEEDED', `text has ${words.size} words; the limit is ${maxWords}.`, {
      hint: overLimit('Search for fewer words', 'ATLAS_MAX_SEARCH_WORDS'),
    });
  }
  return [...words.values()];
}
