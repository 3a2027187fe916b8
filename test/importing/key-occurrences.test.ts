import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyOccurrences } from '../../src/importing/key-occurrences.ts';

describe('KeyOccurrences', () => {
  it('counts like a map, even if slots collide', () => {
    const half = fc.oneof(fc.constantFrom(0, 1, 4096, 8192, 0xffffffff), fc.nat({ max: 0xffffffff }));
    fc.assert(
      fc.property(fc.array(fc.tuple(half, half)), (hashes) => {
        const occurrences = new KeyOccurrences();
        const expected = new Map<string, number>();
        for (const [high, low] of hashes) {
          const before = expected.get(`${high}/${low}`) ?? 0;
          expect(occurrences.add(high, low)).toBe(before);
          expected.set(`${high}/${low}`, before + 1);
        }
      }),
    );
  });

  it('keeps its counts while it grows', () => {
    const occurrences = new KeyOccurrences();
    for (let number = 0; number < 20_000; number++) expect(occurrences.add(number >>> 3, number * 4096)).toBe(0);
    for (let number = 0; number < 20_000; number++) expect(occurrences.add(number >>> 3, number * 4096)).toBe(1);
  });
});
