import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareUtf8 } from '../../src/lib/compare-utf8.ts';

it('orders texts by their UTF-8 bytes', () => {
  const text = fc.string({
    unit: fc.constantFrom('', 'a', 'é', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}', '\u0000'),
  });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

it('orders U+FFFF before characters beyond it, unlike JavaScript', () => {
  expect('\uffff' < '😀').toBe(false);
  expect(compareUtf8('\uffff', '😀')).toBeLessThan(0);
});
