import { describe, expect, it } from 'vitest';
import type { EntityRecord } from '../../src/domain/entity.ts';
import { type EntityPast, pastEntity } from '../../src/domain/past-entity.ts';

const day = (n: number) => new Date(Date.UTC(2026, 0, n));
const AT = day(10);
const HAS_BEGUN = (life: Date) => life <= AT;

const current = (over: Partial<EntityRecord> = {}): EntityRecord => ({
  ...{ id: '7', type: 'order', version: 5n, createdAt: day(1), updatedAt: day(20) },
  ...{ attributes: { 1: 'new', 2: 'kept', 3: 'added' }, attributeUpdatedAt: { 1: 20, 3: 20 } },
  ...over,
});
const past = (over: Partial<EntityPast> = {}): EntityPast => ({
  ...{ createdAt: day(1), type: 'order', last: null, next: null, undone: new Map(), isErased: false },
  ...over,
});
const next = { version: 5n, operation: 'UPDATED', previousAt: day(8) } as const;
const undone = new Map([
  [1, { value: 'old', setAt: 8 }],
  [3, { value: undefined, setAt: null }],
  [4, { value: false, setAt: null }],
]);

describe('an entity as it was', () => {
  it('is what it is without the changes since, also if it was created before the history', () => {
    expect(pastEntity('7', current(), past({ next, undone }), HAS_BEGUN)).toEqual({
      ...{ id: '7', type: 'order', version: 4n, createdAt: day(1), updatedAt: day(8) },
      ...{ attributes: { 1: 'old', 2: 'kept', 4: false }, attributeUpdatedAt: { 1: 8 } },
    });
  });

  it('is what it is, if nothing has changed since', () => {
    expect(pastEntity('7', current(), undefined, HAS_BEGUN)).toEqual(current());
    const last = { version: 5n, operation: 'UPDATED', at: day(9) } as const;
    expect(pastEntity('7', current(), past({ last }), HAS_BEGUN)).toEqual(current());
  });

  it('is what its deletion knows of it, if it has been deleted since', () => {
    const deleted = { version: 3n, operation: 'DELETED', previousAt: day(5) } as const;
    const known = past({ next: deleted, undone });
    const expected = {
      version: 3n,
      updatedAt: day(5),
      attributes: { 1: 'old', 4: false },
      attributeUpdatedAt: { 1: 8 },
    };
    expect(pastEntity('7', null, known, HAS_BEGUN)).toMatchObject(expected);
    // And created again: that is another life.
    expect(pastEntity('7', current({ createdAt: day(15) }), known, HAS_BEGUN)).toMatchObject(expected);
  });

  it('does not exist before its creation, after its deletion, or once it is erased', () => {
    expect(pastEntity('7', current({ createdAt: day(11) }), undefined, HAS_BEGUN)).toBeNull();
    expect(pastEntity('7', null, undefined, HAS_BEGUN)).toBeNull();
    const last = { version: 3n, operation: 'DELETED', at: day(9) } as const;
    expect(pastEntity('7', current({ createdAt: day(15) }), past({ last }), HAS_BEGUN)).toBeNull();
    expect(pastEntity('7', current(), past({ next, undone, isErased: true }), HAS_BEGUN)).toBeNull();
  });

  it('is none if it was deleted in a gap, and the later life if it was created in one', () => {
    const last = { version: 3n, operation: 'UPDATED', at: day(2) } as const;
    expect(pastEntity('7', null, past({ last }), HAS_BEGUN)).toBeNull();
    const later = current({ createdAt: day(6) });
    expect(pastEntity('7', later, past({ last }), HAS_BEGUN)).toEqual(later);
  });

  it('has the version before a change that was made after the entity was read', () => {
    const last = { version: 4n, operation: 'UPDATED', at: day(8) } as const;
    const read = current({ version: 4n, attributes: { 1: 'old', 2: 'kept', 4: false }, attributeUpdatedAt: { 1: 8 } });
    expect(pastEntity('7', read, past({ last, next, undone }), HAS_BEGUN)).toMatchObject({
      ...{ version: 4n, updatedAt: day(8), attributes: { 1: 'old', 2: 'kept', 4: false } },
    });
  });
});
