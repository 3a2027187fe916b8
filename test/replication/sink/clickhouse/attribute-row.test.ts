import { describe, expect, it } from 'vitest';
import { UnknownAttributeError } from '../../../../src/replication/sink/change-sink.ts';
import { attributeRows } from '../../../../src/replication/sink/clickhouse/attribute-row.ts';
import {
  ChangeDefinitions,
  type TupleAttributes,
} from '../../../../src/replication/sink/clickhouse/tuple-attributes.ts';
import { lookupOf, TEST_ATTRIBUTES } from '../../support/test-attributes.ts';

const keys = { tenant_id: '1', entity_id: '10', shard: 's0', copy_id: '3', lsn: '5', row_version: '6' };
const rows = (before: TupleAttributes, after: TupleAttributes) =>
  attributeRows(before, after, keys, new ChangeDefinitions(lookupOf(TEST_ATTRIBUTES)));

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
