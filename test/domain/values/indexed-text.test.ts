import { describe, expect, it } from 'vitest';
import { fillsIndexedText, indexedText } from '../../../src/domain/values/indexed-text.ts';

describe('indexed text', () => {
  it.each([
    ['', ''],
    ['a'.repeat(256), 'a'.repeat(256)],
    ['a'.repeat(257), 'a'.repeat(256)],
    ['😀'.repeat(256), '😀'.repeat(256)],
    ['😀'.repeat(257), '😀'.repeat(256)],
    [`a${'😀'.repeat(300)}`, `a${'😀'.repeat(255)}`],
  ])('is the first 256 code points (%#)', (text, beginning) => {
    expect(indexedText(text)).toBe(beginning);
  });

  it('is filled by 256 code points, however many units they are', () => {
    expect(fillsIndexedText('a'.repeat(255))).toBe(false);
    expect(fillsIndexedText('😀'.repeat(255))).toBe(false);
    expect(fillsIndexedText('a'.repeat(256))).toBe(true);
    expect(fillsIndexedText('😀'.repeat(300))).toBe(true);
  });
});
