import { expect, it } from 'vitest';
import { jsonbText } from '../../../src/datasources/clickhouse/jsonb-text.ts';

it('writes members in the order of jsonb: short keys first, then by bytes', () => {
  const value = { bb: 1, '10': [{ y: null, x: 'é"' }], a: true, '😀': 2, é: 3, Z: -0.5 };
  expect(jsonbText(value)).toBe('{"Z":-0.5,"a":true,"10":[{"x":"é\\"","y":null}],"bb":1,"é":3,"😀":2}');
});
