import { describe, expect, it } from 'vitest';
import { searchWords } from '../../../src/domain/search/search-words.ts';
import { wordSeparators } from '../../../src/domain/search/word-separators.ts';

const words = (text: string) => searchWords(text, 10).map(({ text: word, isPrefix }) => (isPrefix ? `${word}…` : word));

describe('the words of a text', () => {
  it.each([
    ['ada lovelace', ['ada', 'lovelace']],
    ["  O'Brien,\tO’Brien\n", ['O', 'Brien']],
    ['ada-lovelace@example.com', ['ada', 'lovelace', 'example', 'com']],
    ['snake_case 1.5 x² №7', ['snake', 'case', '1', '5', 'x²', '7']],
    ['ada* love * **x', ['ada…', 'love', 'x']],
    ['a*b', ['a…', 'b']],
    ['東京タワー 😀 e\u0301', ['東京タワー', 'e\u0301']],
  ])('%j are %j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it('come once, whatever their case', () => {
    expect(words('Ada ADA ada')).toEqual(['Ada']);
    expect(words('ΣΊΣ σίς Σίσ')).toEqual(['ΣΊΣ']);
    expect(words('\u212Aelvin kelvin')).toEqual(['\u212Aelvin']);
    expect(words('ada ada*')).toEqual(['ada', 'ada…']);
    expect(words('ss ß')).toEqual(['ss', 'ß']);
  });

  it.each([
    ['', 'BAD_USER_INPUT'],
    ['* – 😀', 'BAD_USER_INPUT'],
    ['a\0b', 'BAD_USER_INPUT'],
    ['\ud800', 'BAD_USER_INPUT'],
    ['a b c d e f g h i j k', 'LIMIT_EXCEEDED'],
    ['é'.repeat(257), 'LIMIT_EXCEEDED'],
  ])('are not those of %j', (text, code) => {
    expect(() => searchWords(text, 10)).toThrow(expect.objectContaining({ code }));
  });
});

it('separators are listed as Unicode has them', () => {
  const [listed, named] = [new RegExp(`[${wordSeparators()}]`, 'u'), /[\p{P}\p{S}\p{Z}\p{Cc}]/u];
  const wrong: string[] = [];
  for (let point = 1; point <= 0x10ffff; point++) {
    const character = String.fromCodePoint(point);
    if (listed.test(character) !== named.test(character)) wrong.push(point.toString(16));
  }
  expect(wrong).toEqual([]);
});
