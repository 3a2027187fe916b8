import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CsvSource } from '../../../src/importing/sources/csv-source.ts';
import { JsonSource } from '../../../src/importing/sources/json-source.ts';
import { NdjsonSource } from '../../../src/importing/sources/ndjson-source.ts';
import { openSource } from '../../../src/importing/sources/open-source.ts';
import { ParquetSource } from '../../../src/importing/sources/parquet-source.ts';
import { temporaryFile } from '../temporary-file.ts';

describe('openSource', () => {
  it.each([
    ['a.csv', CsvSource],
    ['a.TSV', CsvSource],
    ['a.json', JsonSource],
    ['a.geojson', JsonSource],
    ['a.ndjson', NdjsonSource],
    ['a.jsonl', NdjsonSource],
    ['a.parquet', ParquetSource],
  ])('opens %s by its ending', async (name, Source) => {
    expect(await openSource(temporaryFile(name, 'x'))).toBeInstanceOf(Source);
  });

  it.each([
    [() => temporaryFile('a.xlsx', 'x'), /has an unknown extension; expected one of \.csv, /],
    [() => temporaryFile('a.csv', ''), /is empty/],
    [() => join(dirname(temporaryFile('a.csv', 'x')), 'b.csv'), /cannot be read \(ENOENT\)/],
  ])('rejects a file it cannot read', async (path, message) => {
    await expect(openSource(path())).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(message),
    });
  });
});
