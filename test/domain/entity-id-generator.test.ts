import { describe, expect, it } from 'vitest';
import { EntityIdGenerator } from '../../src/domain/entity-id-generator.ts';
import { isEntityId } from '../../src/domain/identifiers.ts';

const lastMillisecond = 2 ** 42 - 1;

describe('generated entity ids', () => {
  it('are entity ids, until the year 2109', () => {
    for (const now of [1, Date.UTC(2026), lastMillisecond]) {
      expect(isEntityId(new EntityIdGenerator(() => now).next())).toBe(true);
    }
  });

  it('grow with time, and within a millisecond', () => {
    let now = Date.UTC(2026);
    const generator = new EntityIdGenerator(() => now);
    const ids: bigint[] = [];
    for (let n = 0; n < 10_000; n++) {
      if (n % 100 === 0) now += 1;
      ids.push(BigInt(generator.next()));
    }
    expect(ids.every((id, n) => n === 0 || id > (ids[n - 1] ?? 0n))).toBe(true);
  });

  it('never repeat, even if a millisecond has more of them than there are, or the clock is set back', () => {
    let now = Date.UTC(2026);
    const generator = new EntityIdGenerator(() => now);
    let last = 0n;
    for (let n = 0; n < 2 ** 21 + 10; n++) {
      if (n === 5) now -= 1_000;
      const id = BigInt(generator.next());
      if (id <= last) expect.fail(`${id} comes after ${last}`);
      last = id;
    }
  });
});
