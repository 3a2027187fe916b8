import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { allWordsLookup, lookupOf, wordLookup } from '../../../../src/datasources/postgres/reading/text-lookup.ts';
import type { PatternPredicate } from '../../../../src/datasources/sql/text-pattern.ts';
import { caseVariants } from '../../../../src/lib/case-variants.ts';

const MIGRATION = new URL('../../../../migrations/postgres/0025_text_lookups.sql', import.meta.url);

it.each<[PatternPredicate['operator'], operand: string, parts: [string, string][], rare: string[]]>([
  ['contains', 'Kim', [['~~', '%Kim%']], []],
  ['contains', '50%_\\', [['~~', '%50\\%\\_\\\\%']], []],
  ['contains', 'ΔΟΣ', [['~~', '%ΔΟ_%']], []],
  ['containsIgnoreCase', '4711', [['~~', '%4711%']], []],
  ['startsWithIgnoreCase', '47_1', [['~~', '47\\_1%']], []],
  ['eqIgnoreCase', '東京', [['~~', '東京']], []],
  ['containsIgnoreCase', 'Lea', [['~', '[Ll][Ee][Aa]']], []],
  ['startsWithIgnoreCase', 'lea', [['~', '^[Ll][Ee][Aa]']], []],
  ['eqIgnoreCase', 'lea.', [['~', '^[Ll][Ee][Aa]\\.$']], []],
  ['eqIgnoreCase', 'a'.repeat(33), [['~', `^${'[Aa]'.repeat(32)}`]], []],
  ['eqIgnoreCase', '7'.repeat(33), [['~~', `${'7'.repeat(32)}%`]], []],
  ['containsIgnoreCase', 'ok', [['~', '[Oo][Kk]']], ['[Oo][Kk\u212A]']],
  ['containsIgnoreCase', '\u212A', [['~', '[Kk]']], ['[Kk\u212A]']],
  ['containsIgnoreCase', 'вот', [['~', '[Вв][Оо][Тт]']], ['[Вв\u1C80][Оо\u1C82][Тт\u1C84\u1C85]']],
  [
    'containsIgnoreCase',
    '東京都 a',
    [
      ['~', '東京都 [Aa]'],
      ['~~', '%東京都 %'],
    ],
    [],
  ],
  ['containsIgnoreCase', '東京a12', [['~', '東京[Aa]12']], []],
  ['containsIgnoreCase', 'aİ', [['~', '[Aa].']], []],
  ['containsIgnoreCase', 'Ⱥ', [['~', '[Ⱥⱥ]']], []],
])('%s %j is looked for by %j', (operator, operand, parts, rare) => {
  expect(lookupOf({ operator, operand })).toEqual({ parts, patterns: [], rare });
});

it('holds what it finds of a word against the word', () => {
  const { parts, patterns, rare } = wordLookup({ text: 'Lea', isPrefix: true });
  expect([parts, rare]).toEqual([[['~', '[Ll][Ee][Aa]']], []]);
  const [pattern = ''] = patterns;
  expect(['Lea', 'an-leaf', 'clear'].map((text) => new RegExp(pattern, 'u').test(text))).toEqual([true, true, false]);
});

it('looks for all words in one text', () => {
  const words = [
    { text: 'lea', isPrefix: false },
    { text: 'ok', isPrefix: false },
  ];
  const [one, other] = words.map(wordLookup);
  const patterns = [...(one?.patterns ?? []), ...(other?.patterns ?? [])];
  expect(allWordsLookup(words)).toEqual({
    parts: [
      ['~', '[Ll][Ee][Aa]'],
      ['~', '[Oo][Kk]'],
    ],
    patterns,
    rare: patterns,
  });
  expect(allWordsLookup(words.slice(0, 1)).rare).toEqual([]);
});

it('leaves out of a letter what expressions tell nothing of, which has an index of its own', () => {
  const [classes = '', ...others] = [
    ...readFileSync(MIGRATION, 'utf8').matchAll(/value_text ~ '+(\[\\u[^']+\])'/g),
  ].map(([, found]) => found);
  expect(others).toEqual([classes]);
  const indexed = new RegExp(classes, 'u');
  for (let point = 0x20; point < 0x800; point++) {
    const character = String.fromCodePoint(point);
    const { parts, rare } = lookupOf({ operator: 'containsIgnoreCase', operand: character });
    const left = [...caseVariants(character)].filter((variant) => indexed.test(variant));
    expect(rare.length > 0, character).toBe(left.length > 0);
    const asked = parts.map(([, pattern]) => pattern).join('');
    expect([...asked].filter((one) => indexed.test(one))).toEqual([]);
  }
});
