import { describe, expect, it } from 'vitest';
import type { AttributeDefinition } from '../../../src/domain/catalog/attribute.ts';
import { placeOf } from '../../../src/domain/catalog/attribute-place.ts';
import { indexedForm } from '../../../src/domain/values/indexed-form.ts';

describe('what an index holds of a value', () => {
  it('is the first 256 code points of a text and of canonical JSON', () => {
    expect(indexedForm('TEXT', '😀'.repeat(300))).toBe('😀'.repeat(256));
    expect(indexedForm('JSON', { b: 'x'.repeat(300), a: 1 })).toBe(`{"a":1,"b":"${'x'.repeat(256 - 12)}`);
  });

  it('is any other value whole, a timestamp as its stored text', () => {
    expect(indexedForm('NUMBER', -1e-300)).toBe(-1e-300);
    expect(indexedForm('BOOLEAN', false)).toBe(false);
    expect(indexedForm('TIMESTAMP', '0099-01-01T00:00:00.001Z')).toBe('0099-01-01T00:00:00.001Z');
  });
});

describe('where an index holds it', () => {
  const attribute = { type: 'JSON', filterable: true, hotColumn: null } as AttributeDefinition;

  it.each([
    ['a hot attribute', { hotColumn: 'text_1' as const, type: 'TEXT' as const }, { kind: 'column', column: 'text_1' }],
    ['a filterable one', {}, { kind: 'row', column: 'value_text' }],
    ['any other', { filterable: false }, null],
  ])('%s', (_case, changes, place) => {
    expect(placeOf({ ...attribute, ...changes })).toEqual(place);
  });
});
