import { expect, it } from 'vitest';
import { exportTarget } from '../../src/exporting/open-output.ts';

it.each([
  [null, undefined, 'ndjson', false],
  [null, 'csv', 'csv', false],
  ['a.csv', undefined, 'csv', false],
  ['a.b/users.ndjson.gz', undefined, 'ndjson', true],
  ['users.parquet', undefined, 'parquet', false],
  ['users.txt', 'csv', 'csv', false],
  ['users.gz', 'csv', 'csv', true],
] as const)('an export to %s with the format %s is %s, compressed: %s', (file, given, format, isCompressed) => {
  expect(exportTarget(file, given)).toEqual({ file, format, isCompressed });
});

it.each([
  [null, 'xlsx', 'There is no format "xlsx"; expected one of ndjson, csv, parquet'],
  [null, 'constructor', 'There is no format "constructor"'],
  ['users.txt', undefined, 'users.txt does not end with a format; expected one of'],
  ['users', undefined, 'users does not end with a format'],
  ['users.parquet.gz', undefined, 'Parquet is compressed within'],
])('an export to %s with the format %s is refused: %s', (file, format, why) => {
  expect(() => exportTarget(file, format)).toThrow(why);
});
