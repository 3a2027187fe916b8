import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonSource } from '../../../src/importing/sources/json-source.ts';
import { fieldsOf, rowsOf } from '../rows-of.ts';
import { temporaryFile } from '../temporary-file.ts';

const json = (content: string): JsonSource => new JsonSource('a.json', temporaryFile('a.json', content));

describe('JsonSource', () => {
  it('reads any array of objects as JSON.parse does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), async (rows) => {
        const text = JSON.stringify(rows);
        fc.pre(!/(?<![\d.])\d{16,}(?![\d.e])/.test(text));
        expect(await fieldsOf(json(text))).toEqual(JSON.parse(text));
      }),
      { numRuns: 50 },
    );
  });

  it('reads the only array of objects in an object, regardless of its other members', async () => {
    const source = json(
      '{"meta":{"rows":[{"no":1}]},"bbox":[1,2],"arcs":[[1]],"rows":[{"a":1},{"a":[{"b":2}]}],"n":3}',
    );
    expect(await fieldsOf(source)).toEqual([{ a: 1 }, { a: [{ b: 2 }] }]);
  });

  it('flattens the features of a GeoJSON collection', async () => {
    const point = { type: 'Point', coordinates: [1, 2] };
    const features = [
      { type: 'Feature', id: 'x1', properties: { mag: 2, type: 'quake' }, geometry: point },
      { type: 'Feature', properties: null, geometry: point },
    ];
    expect(await fieldsOf(json(JSON.stringify({ type: 'FeatureCollection', bbox: [1, 2], features })))).toEqual([
      { feature_id: 'x1', mag: 2, type: 'quake', geometry: point },
      { feature_id: undefined, geometry: point },
    ]);
  });

  it('keeps the digits of integers beyond 2^53', async () => {
    expect(
      await fieldsOf(json('[{"a":9007199254740993,"b":9007199254740991,"c":{"d":-12345678901234567890}}]')),
    ).toEqual([{ a: '9007199254740993', b: 9007199254740991, c: { d: '-12345678901234567890' } }]);
  });

  it('marks elements that are not objects as malformed', async () => {
    const rows = await rowsOf(json('[{"a":1}, 7, null, [1], {"a":2}]'));
    expect(rows.map(({ kind, number }) => [kind, number])).toEqual([
      ['data', 1],
      ['malformed', 2],
      ['malformed', 3],
      ['malformed', 4],
      ['data', 5],
    ]);
  });

  it('reads no rows from an empty array', async () => {
    expect(await rowsOf(json('[]'))).toEqual([]);
  });

  it('reports where the JSON is malformed', async () => {
    await expect(rowsOf(json('[\n  {"a": 1},\n  {"a": oops}\n]'))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('a.json is not well-formed JSON at line 3, column 9: expected a value.'),
    });
  });

  it.each(['[{"a": 1}', '{"rows": [{"a": 1}]', '  ', '[{"a": 1}] x'])('rejects %j as malformed', async (content) => {
    await expect(rowsOf(json(content))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('is not well-formed JSON'),
    });
  });

  it.each([
    ['7', 'a single value'],
    ['{"a": 1, "b": [1, 2], "c": []}', 'no member of the top-level object is an array of objects'],
    ['{"a": [{"x": 1}], "b": [{"x": 1}]}', '"a" and "b" are both arrays of objects'],
  ])('rejects %s, which has no array of rows or more than one', async (content, reason) => {
    await expect(rowsOf(json(content))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(reason),
    });
  });
});
