import { describe, expect, it } from 'vitest';
import type { AttributeStorage } from '../../../../src/domain/catalog/attribute-storage.ts';
import { UnknownAttributeError } from '../../../../src/replication/sink/change-sink.ts';
import { attributeRows } from '../../../../src/replication/sink/clickhouse/attribute-row.ts';
import {
  ChangeDefinitions,
  type TupleAttributes,
} from '../../../../src/replication/sink/clickhouse/tuple-attributes.ts';
import { lookupOf, TEST_ATTRIBUTES } from '../../support/test-attributes.ts';

const keys = { tenant_id: '1', entity_id: '10', shard: 's0', copy_id: '3', lsn: '5', row_version: '6' };
const rows = (before: TupleAttributes, after: TupleAttributes, definitions = TEST_ATTRIBUTES, isRelocation = false) =>
  attributeRows(before, after, keys, new ChangeDefinitions(lookupOf(definitions)), isRelocation);
/** The attributes of the tests, of which these have moved, or are on the way. */
const moved = (storage: AttributeStorage, ...ids: number[]) =>
  TEST_ATTRIBUTES.map((definition) => (ids.includes(definition.id) ? { ...definition, storage } : definition));

describe('rows of an attribute that moves', () => {
  const values = { '1': 'a', '2': 2, '6': 'tail', '7': 7 };

  it('are all written again by a change that only moves values, as the definition says', () => {
    expect(rows(values, values, moved({ steps: 3 }, 1, 7), true)).toEqual([
      { ...keys, attribute_id: 1, value_text: 'a', is_deleted: 0 },
      { ...keys, attribute_id: 7, is_deleted: 1 },
    ]);
    expect(rows(values, values, moved({ steps: 3 }, 1, 7))).toEqual([]);
  });

  it('are written while the attribute is made filterable, or has just been made hot, and removed afterwards', () => {
    const building = moved({ steps: 1, move: { kind: 'BUILD', place: 'row' } }, 6);
    expect(rows({}, { '6': 'new' }, building)).toMatchObject([{ attribute_id: 6, value_text: 'new', is_deleted: 0 }]);
    const leaving = moved({ steps: 2, move: { kind: 'LEAVE', place: 'row' } }, 7);
    expect(rows({ '7': 1 }, { '7': 2 }, leaving)).toMatchObject([{ attribute_id: 7, value_number: 2, is_deleted: 0 }]);
    const clearing = moved({ steps: 3, move: { kind: 'CLEAR', place: 'row' } }, 7);
    expect(rows({ '7': 1 }, { '7': 2 }, clearing)).toEqual([]);
    expect(rows({ '7': 1 }, {}, clearing)).toMatchObject([{ attribute_id: 7, is_deleted: 1 }]);
  });
});

describe('attributeRows', () => {
  it('gives a new entity one row per filterable attribute that is not hot', () => {
    expect(rows({}, { '1': 'a', '2': 2, '6': 'not filterable', '7': 1, '8': 'hot' })).toEqual([
      { ...keys, attribute_id: 1, value_text: 'a', is_deleted: 0 },
      { ...keys, attribute_id: 2, value_number: 2, is_deleted: 0 },
    ]);
  });

  it('gives an update rows for what changed, and tombstones for what went away', () => {
    const before = { '1': 'same', '2': 2, '3': true, '5': { x: 1, y: 2 } };
    const after = { '1': 'same', '2': 3, '5': { y: 2, x: 1 }, '4': '2024-01-01T00:00:00.000Z' };
    expect(rows(before, after)).toEqual([
      { ...keys, attribute_id: 2, value_number: 3, is_deleted: 0 },
      { ...keys, attribute_id: 4, value_timestamp: Date.UTC(2024, 0), is_deleted: 0 },
      { ...keys, attribute_id: 3, is_deleted: 1 },
    ]);
  });

  it('gives a deleted entity tombstones only', () => {
    expect(rows({ '1': 'a', '7': 1 }, {})).toEqual([{ ...keys, attribute_id: 1, is_deleted: 1 }]);
  });

  it('keeps a JSON null, which is a value', () => {
    expect(rows({ '5': 1 }, { '5': null })).toEqual([{ ...keys, attribute_id: 5, value_text: 'null', is_deleted: 0 }]);
  });

  it('indexes the first 256 code points of text and of canonical JSON', () => {
    const [text, json] = rows({}, { '1': '😀'.repeat(300), '5': { b: 'x'.repeat(300), a: 1 } });
    expect(text?.value_text).toBe('😀'.repeat(256));
    expect(json?.value_text).toBe(`{"a":1,"b":"${'x'.repeat(256 - 12)}`);
  });

  it('refuses an attribute that the catalog does not know', () => {
    expect(() => rows({}, { '1': 'a', '99': 1 })).toThrow(UnknownAttributeError);
    expect(() => rows({ '99': 1 }, {})).toThrow(UnknownAttributeError);
  });
});
