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

  it('gives the same row the same id, regardless of its position and the order of its columns', () => {
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

  it('gives every row a valid entity id', () => {
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

  it('tells objects and arrays apart by their JSON, whatever the order of their members', () => {
    const idOf = (code: RawValue): string => identity(byKey).idOf(row(1, { country: 'US', code }));
    const oid = (id: number): RawValue => Object.assign(Object.create(null), { $oid: id });
    expect(idOf(oid(7))).not.toBe(idOf(oid(8)));
    expect(idOf({ a: 1, b: [2, null] })).toBe(idOf({ b: [2, null], a: 1 }));
    expect(idOf([1, 2])).not.toBe(idOf('1,2'));
    expect(idOf([7])).not.toBe(idOf(7));
    expect(idOf([null])).not.toBe(idOf([]));
    const ids = identity(byKey);
    ids.idOf(row(1, { country: 'US', code: { a: 1, b: 2 } }));
    expect(() => ids.idOf(row(2, { country: 'US', code: { b: 2, a: 1 } }))).toThrow(/same value of country, code/);
  });

  it('rejects a row that lacks a part of its key, and a row with a repeated key', () => {
    const ids = identity(byKey);
    ids.idOf(row(1, { country: 'US', code: 7 }));
    expect(() => ids.idOf(row(2, { country: 'US', code: 7 }))).toThrow(/same value of country, code/);
    expect(() => ids.idOf(row(3, { country: 'US', code: null }))).toThrow(/lacks a value for one of its key columns/);
  });
});

describe('RowIdentity by column', () => {
  const byColumn: IdSource = { kind: 'column', column: 'id' };

  it('accepts integers and strings of digits', () => {
    const ids = identity(byColumn);
    expect(ids.idOf(row(1, { id: 7 }))).toBe('7');
    expect(ids.idOf(row(2, { id: ' 9223372036854775807 ' }))).toBe('9223372036854775807');
  });

  it.each([0, -1, 1.5, '007', 'x', '', null, true, '9223372036854775808'])('rejects %j', (id) => {
    expect(() => identity(byColumn).idOf(row(1, { id }))).toThrow(/Column id does not contain a valid entity id/);
  });

  it('rejects a repeated id', () => {
    const ids = identity(byColumn);
    ids.idOf(row(1, { id: 7 }));
    expect(() => ids.idOf(row(2, { id: '7' }))).toThrow(/earlier row of the file has the same value of id, 7;/);
  });
});

describe('RowIdentity by base', () => {
  it('adds the row number to the base and rejects ids beyond the maximum', () => {
    expect(identity({ kind: 'base', base: 100_000n }).idOf(row(1, {}))).toBe('100001');
    expect(() => identity({ kind: 'base', base: 2n ** 63n - 1n }).idOf(row(1, {}))).toThrow(/is not an entity id/);
  });
});
