import { describe, expect, it } from 'vitest';
import { exceedsShape } from '../../src/lib/json-shape.ts';

const LIMITS = { depth: 5, names: 3 };
const shape = (text: string, limits = LIMITS) => exceedsShape(Buffer.from(text), limits);

describe('the shape of a JSON text', () => {
  it.each([
    ['[[[[[1]]]]]', null],
    ['[[[[[[1]]]]]]', 'depth'],
    ['{"a":{"a":{"a":{"a":{"a":1}}}}}', null],
    ['{"a":{"a":{"a":{"a":{"a":{}}}}}}', 'depth'],
    ['[[],[],[],[],[],[],[[[[]]]]]', null],
    ['["[[[[[[[[{{{{{"]', null],
    [String.raw`["\"[[[[[[[[", "\\", [[]]]`, null],
    [String.raw`["\\\\", [[[[[]]]]]]`, 'depth'],
    ['{"a":1,"b":2,"c":3}', null],
    ['{"a":1,"b":2,"c":3,"d":4}', 'names'],
    ['[{"a" : 1, "b":2},{"b" :2, "c":3},{"a":"::::"}]', null],
    ['[{"a":1},{"b":2},{"c":3},{"d" : 4}]', 'names'],
    [String.raw`{"a\":b\":c\":":1}`, null],
    ['"', null],
    ['', null],
  ])('%s', (text, exceeded) => {
    expect(shape(text)).toBe(exceeded);
  });

  it('counts a hundred thousand of names nearly right', () => {
    const text = JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`name${n}`, n])));
    expect(shape(text, { depth: 5, names: 80_000 })).toBe('names');
    expect(shape(text, { depth: 5, names: 100_000 })).toBeNull();
    const short = JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [n.toString(36), 0])));
    expect(shape(short, { depth: 5, names: 49_000 })).toBe('names');
  });
});
