import { readFileSync } from 'node:fs';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { vegaFile } from '../../../src/importing/sample-data/sample-datasets.ts';
import { ParquetSource } from '../../../src/importing/sources/parquet-source.ts';
import { fieldsOf, rowsOf } from '../rows-of.ts';
import { temporaryFile } from '../temporary-file.ts';

const parquet = (content: ArrayBuffer | Uint8Array): ParquetSource =>
  new ParquetSource('a.parquet', temporaryFile('a.parquet', new Uint8Array(content)));

describe('ParquetSource', () => {
  it('converts every type to a cell', async () => {
    const source = parquet(
      parquetWriteBuffer({
        columnData: [
          { name: 'text', data: ['x', null], type: 'STRING' },
          { name: 'flag', data: [true, false], type: 'BOOLEAN' },
          { name: 'int', data: [7, -7], type: 'INT32' },
          { name: 'long', data: [2n ** 53n - 1n, 2n ** 53n + 1n], type: 'INT64' },
          { name: 'real', data: [0.1, Number.NaN], type: 'DOUBLE' },
          { name: 'at', data: [new Date(1), null], type: 'TIMESTAMP' },
          { name: 'doc', data: [{ a: [1] }, null], type: 'JSON' },
        ],
      }),
    );
    expect(await fieldsOf(source)).toEqual([
      { text: 'x', flag: true, int: 7, long: 2 ** 53 - 1, real: 0.1, at: new Date(1), doc: { a: [1] } },
      { text: null, flag: false, int: -7, long: '9007199254740993', real: Number.NaN, at: null, doc: null },
    ]);
  });

  it('reads one row group after the other', async () => {
    const data = Array.from({ length: 10 }, (_, index) => index);
    const content = parquetWriteBuffer({ columnData: [{ name: 'n', data, type: 'INT32' }], rowGroupSize: 3 });
    const rows = await rowsOf(parquet(content));
    expect(rows.map((row) => row.kind === 'data' && row.fields.n)).toEqual(data);
    expect(rows.map(({ number }) => number)).toEqual(data.map((index) => index + 1));
  });

  it('reads the first rows of a file with three million rows without reading all of it', async () => {
    const rows = new ParquetSource('flights', vegaFile('flights-3m.parquet')).rows(() => {});
    const { value } = await rows.next();
    await rows.return(undefined);
    expect(value).toEqual({
      kind: 'data',
      number: 1,
      line: null,
      fields: {
        date: expect.any(Date),
        delay: expect.any(Number),
        distance: expect.any(Number),
        origin: expect.any(String),
        destination: expect.any(String),
      },
    });
  });

  it.each([
    ['cut off', readFileSync(vegaFile('flights-3m.parquet')).subarray(0, 100_000)],
    ['not Parquet', Buffer.from('PAR1 this is no parquet file at all')],
  ])('rejects a file that is %s', async (_what, content) => {
    await expect(rowsOf(parquet(content))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('a.parquet is not a valid Parquet file, or is incomplete (its footer'),
    });
  });
});
