import { describe, expect, it } from 'vitest';
import { caseVariants } from '../../src/lib/case-variants.ts';

const sorted = (text: string) => [...text].sort().join('');

describe('the variants of a character', () => {
  it.each([
    ['a', 'Aa'],
    ['K', 'Kk\u212a'],
    ['s', 'Ssſ'],
    ['ß', 'ßẞ'],
    ['Σ', 'Σςσ'],
    ['Å', 'Åå\u212b'],
    ['ǅ', 'Ǆǅǆ'],
    ['İ', 'İ'],
    ['ı', 'ı'],
    ['1', '1'],
    ['.', '.'],
    ['語', '語'],
    ['\u{10400}', '\u{10400}\u{10428}'],
  ])('of %s are %s', (character, variants) => {
    expect(sorted(caseVariants(character))).toBe(sorted(variants));
  });

  it('are those of each of them', () => {
    for (const character of 'aKßΣåǆ') {
      for (const variant of caseVariants(character)) {
        expect(sorted(caseVariants(variant))).toBe(sorted(caseVariants(character)));
      }
    }
  });
});
