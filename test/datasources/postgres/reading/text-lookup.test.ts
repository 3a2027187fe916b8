import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { allOf, lookupOf, wordLookup } from '../../../../src/datasources/postgres/reading/text-lookup.ts';
import type { PatternPredicate } from '../../../../src/datasources/sql/text-pattern.ts';
import { caseVariants } from '../../../../src/lib/case-variants.ts';

const MIGRATION = new URL('../../../../migrations/postgres/0025_text_lookups.sql', import.meta.url);

it.each<[PatternPredicate['operator'], operand: string, parts: [string, string][], rare: boolean]>([
  ['contains', 'Kim', [['~~', '%Kim%']], false],
  ['contains', '50%_\\', [['~~', '%50\\%\\_\\\\%']], false],
  ['containsIgnoreCase', '4711', [['~~', '%4711%']], false],
  ['startsWithIgnoreCase', '47_1', [['~~', '47\\_1%']], false],
  ['eqIgnoreCase', '東京', [['~~', '東京']], false],
  ['containsIgnoreCase', 'Lea', [['~', '[Ll][Ee][Aa]']], false],
  ['startsWithIgnoreCase', 'lea', [['~', '^[Ll][Ee][Aa]']], false],
  ['eqIgnoreCase', 'lea.', [['~', '^[Ll][Ee][Aa]\\.$']], false],
  ['eqIgnoreCase', 'a'.repeat(33), [['~', `^${'[Aa]'.repeat(32)}`]], false],
  ['eqIgnoreCase', '7'.repeat(33), [['~~', `${'7'.repeat(32)}%`]], false],
  ['containsIgnoreCase', 'ok', [['~', '[Oo][Kk]']], true],
  ['containsIgnoreCase', '\u212A', [['~', '[Kk]']], true],
  ['containsIgnoreCase', 'вот', [['~', '[Вв][Оо][Тт]']], true],
  [
    'containsIgnoreCase',
    '東京都 a',
    [
      ['~', '東京都 [Aa]'],
      ['~~', '%東京都 %'],
    ],
    false,
  ],
  ['containsIgnoreCase', '東京a12', [['~', '東京[Aa]12']], false],
])('%s %j is looked for by %j', (operator, operand, parts, rare) => {
  expect(lookupOf({ operator, operand })).toEqual({ parts, patterns: [], rare });
});

it('holds what it finds of a word against the word', () => {
  const { parts, patterns, rare } = wordLookup({ text: 'Lea', isPrefix: true });
  expect([parts, rare]).toEqual([[['~', '[Ll][Ee][Aa]']], false]);
  const [pattern = ''] = patterns;
  expect(['Lea', 'an-leaf', 'clear'].map((text) => new RegExp(pattern, 'u').test(text))).toEqual([true, true, false]);
});

it('is met by what meets all of several', () => {
  const [one, other] = [wordLookup({ text: 'lea', isPrefix: false }), wordLookup({ text: 'ok', isPrefix: false })];
  const parts = [...one.parts, ...other.parts];
  expect(allOf([one, other])).toEqual({ parts, patterns: [...one.patterns, ...other.patterns], rare: true });
});

it('leaves out all characters that expressions tell nothing of where their letter is told, and no others', () => {
  const indexed = new Set(/~ '\[([^\]]+)\]'\$definition/.exec(readFileSync(MIGRATION, 'utf8'))?.[1]);
  const isUntold = (point = 0) => point >= 0x800 || point === 0x17f || point === 0x345;
  const untold = (text: string) => [...text].filter((character) => isUntold(character.codePointAt(0)));
  const expected = new Set<string>();
  for (let point = 0x20; point < 0x800; point++) {
    const character = String.fromCodePoint(point);
    const variants = caseVariants(character);
    for (const rare of untold(variants)) expected.add(rare);
    const [[, pattern] = ['', '']] = lookupOf({ operator: 'containsIgnoreCase', operand: character }).parts;
    expect(untold(pattern)).toEqual([]);
  }
  expect(indexed).toEqual(expected);
  // Once for the index, once for what asks it.
  expect(readFileSync(MIGRATION, 'utf8').split(`[${[...indexed].join('')}]`)).toHaveLength(3);
});
