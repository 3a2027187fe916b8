import fc from 'fast-check';
import { expect, it } from 'vitest';
import { textAfterPrefix } from '../../../../src/datasources/postgres/reading/text-after-prefix.ts';
import { compareUtf8 } from '../../../../src/lib/compare-utf8.ts';

it.each([
  ['ab', 'ac'],
  ['a\u{10ffff}', 'b'],
  ['\ud7ff', '\ue000'],
  ['\uffff', '\u{10000}'],
  ['', null],
  ['\u{10ffff}\u{10ffff}', null],
])('the text after everything that begins with %j is %j', (prefix, after) => {
  expect(textAfterPrefix(prefix)).toBe(after);
});

it('divides texts that begin with a prefix from those that are greater', () => {
  const text = fc.string({ unit: 'binary', maxLength: 4 });
  fc.assert(
    fc.property(text, text, (prefix, other) => {
      const after = textAfterPrefix(prefix);
      for (const value of [other, prefix + other]) {
        const isInside = compareUtf8(value, prefix) >= 0 && (after === null || compareUtf8(value, after) < 0);
        expect(isInside).toBe(value.startsWith(prefix));
      }
    }),
  );
});
