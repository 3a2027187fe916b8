import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEntityId } from '../../src/domain/identifiers.ts';
import { type IdSource, RowIdentity } from '../../src/importing/row-identity.ts';
import type { DataRow, RawValue } from '../../src/importing/sources/row-source.ts';

const row = (number: number, fields: Record<string, RawValue>): DataRow => ({
  kind: 'data',
  number,
  line: null,
  fields,
});
const identity = (source: IdSource, tenantId = 1, type = 'thing'): RowIdentity =>
  new RowIdentity(source, tenantId, type, false);

describe('RowIdentity by content', () => {
  const byContent: IdSource = { kind: 'content' };

  it('gives the same ids to the same rows, wherever they stand and whatever order their columns have', () => {
    const first = identity(byContent);
    const second = identity(byContent);
    const a = first.idOf(row(1, { x: 1, y: 'b' }));
    const b = first.idOf(row(2, { x: 2, at: new Date(5) }));
    expect(second.idOf(row(1, { at: new Date(5), x: 2 }))).toBe(b);
    expect(second.idOf(row(9, { y: 'b', x: 1, absent: null }))).toBe(a);
  });

  it('tells identical rows of one file apart', () => {
    const ids = identity(byContent);
    const given = [1, 2, 3].map((number) => ids.idOf(row(number, { x: 1 })));
    expect(new Set(given).size).toBe(3);
  });

  it('depends on the tenant and the type', () => {
    const given = [identity(byContent), identity(byContent, 2), identity(byContent, 1, 'other')].map((ids) =>
      ids.idOf(row(1, { x: 1 })),
    );
    expect(new Set(given).size).toBe(3);
  });

  it('gives entity ids to all rows', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => {
        expect(isEntityId(identity(byContent).idOf(row(1, fields as Record<string, RawValue>)))).toBe(true);
      }),
    );
  });
});

describe('RowIdentity by key', () => {
  const byKey: IdSource = { kind: 'key', columns: ['country', 'code'] };

  it('depends on the key alone', () => {
    const first = identity(byKey).idOf(row(1, { country: 'US', code: 7, name: 'old' }));
    expect(identity(byKey).idOf(row(8, { name: 'new', code: '7', country: 'US' }))).toBe(first);
    expect(identity(byKey).idOf(row(1, { country: '7', code: 'US' }))).not.toBe(first);
  });

  it('refuses a row without a part of its key, and one whose key was there', () => {
    const ids = identity(byKey);
    ids.idOf(row(1, { country: 'US', code: 7 }));
    expect(() => ids.idOf(row(2, { country: 'US', code: 7 }))).toThrow(/same country, code/);
    expect(() => ids.idOf(row(3, { country: 'US', code: null }))).toThrow(/lacks a part of its key/);
  });
});

describe('RowIdentity by column', () => {
  const byColumn: IdSource = { kind: 'column', column: 'id' };

  it('takes whole numbers and digits as they are', () => {
    const ids = identity(byColumn);
    expect(ids.idOf(row(1, { id: 7 }))).toBe('7');
    expect(ids.idOf(row(2, { id: ' 9223372036854775807 ' }))).toBe('9223372036854775807');
  });

  it.each([0, -1, 1.5, '007', 'x', '', null, true, '9223372036854775808'])('refuses %j', (id) => {
    expect(() => identity(byColumn).idOf(row(1, { id }))).toThrow(/id is no entity id here/);
  });

  it('refuses an id that an earlier row had', () => {
    const ids = identity(byColumn);
    ids.idOf(row(1, { id: 7 }));
    expect(() => ids.idOf(row(2, { id: '7' }))).toThrow(/earlier row of the file has the same id \(7\)/);
  });
});

describe('RowIdentity by base', () => {
  it('counts on from the base, and refuses what is beyond the last id', () => {
    expect(identity({ kind: 'base', base: 100_000n }).idOf(row(1, {}))).toBe('100001');
    expect(() => identity({ kind: 'base', base: 2n ** 63n - 1n }).idOf(row(1, {}))).toThrow(/is not an entity id/);
  });
});
