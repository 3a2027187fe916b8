import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttributeKeys, toAttributeKey } from '../../src/importing/attribute-key.ts';

const KEY = /^[a-z](?:[a-z0-9]|_(?=[a-z0-9])){0,62}$/;

describe('toAttributeKey', () => {
  it.each([
    ['IMDB Rating', 'imdb_rating'],
    ['US DVD Sales', 'us_dvd_sales'],
    ['Miles_per_Gallon', 'miles_per_gallon'],
    ['Beak Length (mm)', 'beak_length_mm'],
    ['Cost Total $', 'cost_total'],
    ['magType', 'mag_type'],
    ['HTTPServerName', 'http_server_name'],
    ['address2', 'address2'],
    ['  padded\tname ', 'padded_name'],
    ['2010', 'n_2010'],
    ['2nd place', 'n_2nd_place'],
    ['Größe (Fuß)', 'grosse_fuss'],
    ['Café crème', 'cafe_creme'],
    ['driver’s licence', 'drivers_licence'],
    ['価格', 'u4fa1_u683c'],
    ['__proto__', 'proto'],
  ])('turns %j into %s', (name, key) => {
    expect(toAttributeKey(name)).toBe(key);
  });

  it.each(['', '   ', '$$$', '__'])('returns null for %j', (name) => {
    expect(toAttributeKey(name)).toBeNull();
  });

  it('returns a valid key or null for any text, and leaves keys unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (name) => {
        const key = toAttributeKey(name);
        if (key === null) return;
        expect(key).toMatch(KEY);
        expect(toAttributeKey(key)).toBe(key);
      }),
    );
  });
});

describe('AttributeKeys', () => {
  it('numbers columns whose keys are taken, and columns without a name', () => {
    const keys = new AttributeKeys();
    expect(['a b', 'aB', 'A-B', '', '$', 'a b 2'].map((column) => keys.keyOf(column))).toEqual([
      'a_b',
      'a_b_2',
      'a_b_3',
      'column_4',
      'column_5',
      'a_b_2_2',
    ]);
    expect(keys.keyOf('aB')).toBe('a_b_2');
  });

  it('gives every column a valid, unique key', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ maxLength: 80 })), (columns) => {
        const keys = new AttributeKeys();
        const given = columns.map((column) => keys.keyOf(column));
        expect(new Set(given).size).toBe(columns.length);
        for (const key of given) expect(key).toMatch(KEY);
      }),
    );
  });
});
