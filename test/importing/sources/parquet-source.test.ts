import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parquetMetadata } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { vegaFile } from '../../../src/importing/sample-data/sample-datasets.ts';
import { decompressorsUpTo } from '../../../src/importing/sources/parquet/decompressors.ts';
import { ParquetSource } from '../../../src/importing/sources/parquet-source.ts';
import { fieldsOf, rowsOf } from '../rows-of.ts';
import { temporaryFile } from '../temporary-file.ts';

const parquet = (content: ArrayBuffer | Uint8Array): ParquetSource =>
  new ParquetSource('a.parquet', temporaryFile('a.parquet', new Uint8Array(content)));

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

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

  it('reads every type that Arrow writes without losing a digit', async () => {
    const rows = await fieldsOf(new ParquetSource('pyarrow', fixture('pyarrow.parquet')));
    expect(rows).toEqual([
      {
        nothing: null,
        decimal: '12345678901234567890.1',
        wide: '1'.repeat(60),
        time_ms: '01:02:03',
        time_us: '01:02:03.456789',
        time_ns: '00:00:00.000000001',
        took_s: 'PT5S',
        took_us: 'PT24H2.000003S',
        took_ns: 'PT0.000000005S',
        bytes: '/wBh',
        fixed: 'YWJj',
        u64: '18446744073709551615',
        u32: 4294967295,
        half: 1.5,
        moment: new Date('1969-12-31T23:59:59.999Z'),
        day: new Date(0),
        marked: '\ufeffx',
        struct: {
          ['__proto__']: 1,
          d: '12345678901234567890',
          t: '01:02:03',
          took: 'PT1S',
          b: '/w==',
        },
        map: { ['__proto__']: '1152921504606846976', x: 1 },
        list: [{ a: [['PT1M30S'], [], null] }, null],
        ['__proto__']: 7,
        'a.b': 'x',
      },
      {
        nothing: null,
        decimal: -1.5,
        wide: -7,
        time_ms: '00:00:00',
        time_us: '23:59:59.999999',
        time_ns: '23:59:59.999999999',
        took_s: 'PT0S',
        took_us: '-PT1.5S',
        took_ns: '-PT2562047H47M16.854775807S',
        bytes: '',
        fixed: '/v8A',
        u64: 5,
        u32: 5,
        half: -2,
        moment: new Date('2024-05-29T16:26:40.123Z'),
        day: new Date('2022-01-08'),
        marked: '\ufeff',
        struct: null,
        map: null,
        list: null,
        ['__proto__']: 8,
        'a.b': 'y',
      },
      {
        ...Object.fromEntries(Object.keys(rows[0] ?? {}).map((name) => [name, null])),
        struct: { ['__proto__']: null, d: null, t: null, took: null, b: null },
        map: {},
        list: [],
      },
    ]);
  });

  it('marks a row as malformed if one of its values cannot be read, and continues', async () => {
    const content = parquetWriteBuffer({
      schema: [
        { name: 'root', num_children: 5 },
        { name: 'n', type: 'INT32', repetition_type: 'REQUIRED' },
        { name: 'text', type: 'BYTE_ARRAY', repetition_type: 'REQUIRED', converted_type: 'UTF8' },
        { name: 'doc', type: 'BYTE_ARRAY', repetition_type: 'REQUIRED', logical_type: { type: 'JSON' } },
        { name: 'at', type: 'INT64', repetition_type: 'REQUIRED', converted_type: 'TIME_MICROS' },
        { name: 'day', type: 'INT32', repetition_type: 'REQUIRED', converted_type: 'DATE' },
      ],
      columnData: [
        { name: 'n', data: new Int32Array([1, 2, 3, 4, 5]) },
        { name: 'text', data: [bytes('x'), new Uint8Array([0xff]), bytes('x'), bytes('x'), bytes('x')] },
        { name: 'doc', data: ['1', '1', '{', '1', '[12345678901234567890]'].map(bytes) },
        { name: 'at', data: new BigInt64Array([0n, 0n, 0n, 86_400_000_000n, 1n]) },
        { name: 'day', data: new Int32Array([0, 0, 0, 0, 0]) },
      ],
    });
    const rows = await rowsOf(parquet(content));
    expect(rows.map((row) => (row.kind === 'data' ? row.fields.n : row.reason))).toEqual([
      1,
      'Column "text" is not valid UTF-8.',
      'Column "doc" is not valid JSON.',
      'Column "at" is not a time of day; expected 00:00 to less than 24:00.',
      5,
    ]);
    expect(rows[4]).toMatchObject({ fields: { doc: ['12345678901234567890'], at: '00:00:00.000001' } });
    expect(rows[1]).toMatchObject({ content: { n: 2, text: '/w==' } });
  });

  it('reads an interval as an ISO 8601 duration', async () => {
    const interval = (months: number, days: number, milliseconds: number): Uint8Array =>
      new Uint8Array(new Uint32Array([months, days, milliseconds]).buffer);
    const content = parquetWriteBuffer({
      schema: [
        { name: 'root', num_children: 1 },
        {
          name: 'i',
          type: 'FIXED_LEN_BYTE_ARRAY',
          type_length: 12,
          repetition_type: 'REQUIRED',
          converted_type: 'INTERVAL',
        },
      ],
      columnData: [{ name: 'i', data: [interval(1, 2, 3_004), interval(0, 0, 0), interval(0, 5, 0)] }],
    });
    expect(await fieldsOf(parquet(content))).toEqual([{ i: 'P1M2DT3.004S' }, { i: 'PT0S' }, { i: 'P5D' }]);
  });

  it('refuses a row group with columns that the schema does not have, also if they cannot be read', async () => {
    const columnData = ['a', 'b'].map((name) => ({ name, data: [1, 2], type: 'INT32' as const }));
    const content = Buffer.from(parquetWriteBuffer({ columnData, codec: 'UNCOMPRESSED' }));
    // The root of the schema and the number of its children, in Thrift's compact protocol.
    const root = content.indexOf(Buffer.from([0x48, 0x04, ...bytes('root'), 0x15, 0x04]));
    expect(root).toBeGreaterThan(0);
    content[root + 7] = 0x02;
    content.fill(0xff, 4, 40);
    await expect(rowsOf(parquet(content))).rejects.toThrow(
      'a.parquet is not a valid Parquet file, or is incomplete (its footer: row group 1 has 2 columns; the schema has 1).',
    );
  });

  it('refuses a schema whose column has a negative number of children', async () => {
    const columnData = [{ name: 'a', data: [1, 2], type: 'INT32' as const }];
    const content = Buffer.from(parquetWriteBuffer({ columnData, codec: 'UNCOMPRESSED' }));
    // As above: an odd number is negative.
    const root = content.indexOf(Buffer.from([0x48, 0x04, ...bytes('root'), 0x15, 0x02]));
    expect(root).toBeGreaterThan(0);
    content[root + 7] = 0x0d;
    await expect(rowsOf(parquet(content))).rejects.toThrow(
      'a.parquet is not a valid Parquet file, or is incomplete (its footer: column root has -7 children).',
    );
    const damaged = fixture('negative-children.parquet');
    await expect(rowsOf(new ParquetSource('a.parquet', damaged))).rejects.toThrow(
      /its footer: column \S+ has -7 children/,
    );
  });

  it('refuses a column that begins before the file, beside one that cannot be read', async () => {
    const columnData = ['a', 'b'].map((name) => ({ name, data: [1, 2], type: 'INT32' as const }));
    const content = Buffer.from(parquetWriteBuffer({ columnData, codec: 'UNCOMPRESSED', statistics: false }));
    const metadata = parquetMetadata(new Uint8Array(content).buffer);
    const [, second] = metadata.row_groups[0]?.columns ?? [];
    const offset = Number(second?.meta_data?.data_page_offset);
    expect(offset).toBeGreaterThan(0);
    expect(offset).toBeLessThan(64);
    // Field 9 of the second column's metadata, in Thrift's compact protocol: an odd number is negative.
    const at = content.lastIndexOf(Buffer.from([0x26, offset * 2]));
    expect(at).toBeGreaterThan(0);
    content[at + 1] = offset * 2 - 1;
    content.fill(0xff, 4, offset);
    await expect(rowsOf(parquet(content))).rejects.toThrow(
      /incomplete \(row group 1 of 1: column 2 is outside of the file, at bytes -\d+ to/,
    );
  });

  describe('refuses a damaged file instead of reading nulls', () => {
    const refused = async (content: Uint8Array, reason: string): Promise<void> =>
      expect(rowsOf(parquet(content))).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringContaining(
          `a.parquet is not a valid Parquet file, or is incomplete (row group 1 of 1: ${reason}`,
        ),
      });

    it('whose pages have fewer or more values than its rows', async () => {
      const file = (length: number): Buffer =>
        Buffer.from(
          parquetWriteBuffer({
            columnData: [{ name: 'b', data: Array(length).fill(true), type: 'BOOLEAN', nullable: false }],
            codec: 'UNCOMPRESSED',
            statistics: false,
          }),
        );
      const footer = (content: Buffer): number => content.length - 8 - content.readUInt32LE(content.length - 8);
      // The pages of both files have the same length.
      const [few, many] = [file(3), file(5)];
      expect(footer(few)).toBe(footer(many));
      const swap = (data: Buffer, foot: Buffer) =>
        Buffer.concat([data.subarray(0, footer(data)), foot.subarray(footer(foot))]);
      await refused(swap(few, many), 'column "b" has 3 values; expected 5');
      await refused(swap(many, few), 'column "b" has 5 values; expected 3');
    });

    it('whose dictionary is shorter than its pages say', async () => {
      const data = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 'x' : 'y'));
      const content = Buffer.from(
        parquetWriteBuffer({ columnData: [{ name: 't', data, type: 'STRING' }], codec: 'UNCOMPRESSED' }),
      );
      // The header of the dictionary page: two values, in Thrift's compact protocol.
      const header = content.indexOf(Buffer.from([0x4c, 0x15, 0x04]));
      expect(header).toBeGreaterThan(0);
      content[header + 2] = 0x02;
      await refused(content, 'column "t" lacks the value of row 2');
    });
  });

  it('refuses a row group that would not fit into memory, and pages that hide how large they are', async () => {
    const data = Array.from({ length: 2000 }, (_, index) => index);
    const file = temporaryFile(
      'a.parquet',
      new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'n', data, type: 'INT32' }], rowGroupSize: 1000 })),
    );
    await expect(rowsOf(new ParquetSource('a.parquet', file, 3_000))).rejects.toThrow(
      /a\.parquet: row group 1 of 2 has \d+ bytes without compression; the limit is 3000\. Write the file with smaller row groups\./,
    );
    expect(await rowsOf(new ParquetSource('a.parquet', file, 10_000))).toHaveLength(2000);
    const pages = [Buffer.alloc(1024), Buffer.alloc(1024)].map((page) => gzipSync(page));
    const { GZIP } = decompressorsUpTo(2047);
    expect(GZIP?.(pages[0] ?? new Uint8Array(), 1024)).toHaveLength(1024);
    expect(() => GZIP?.(pages[1] ?? new Uint8Array(), 1024)).toThrow('its pages hold more than 2047 bytes');
    expect(() => decompressorsUpTo(2047).GZIP?.(gzipSync(Buffer.alloc(2 ** 26)), 100)).toThrow(/larger than 100 bytes/);
  });

  it('reads LZ4 pages with and without the frames of Hadoop', async () => {
    // One sequence of literals is a valid LZ4 block.
    const block = (page: Uint8Array): Uint8Array => {
      const more = page.length - 15;
      const length = more < 0 ? [page.length << 4] : [0xf0, ...Array(Math.floor(more / 255)).fill(255), more % 255];
      return new Uint8Array([...length, ...page]);
    };
    const framed = (page: Uint8Array): Uint8Array => {
      const compressed = block(page);
      const head = new DataView(new ArrayBuffer(8));
      head.setUint32(0, page.length);
      head.setUint32(4, compressed.length);
      return new Uint8Array([...new Uint8Array(head.buffer), ...compressed]);
    };
    const data = Array.from({ length: 300 }, (_, index) => `text ${index}`);
    for (const LZ4 of [block, framed]) {
      const content = parquetWriteBuffer({
        columnData: [{ name: 't', data, type: 'STRING' }],
        codec: 'LZ4',
        compressors: { LZ4 },
      });
      expect((await fieldsOf(parquet(content))).map(({ t }) => t)).toEqual(data);
    }
  });

  it('makes the names of repeated columns unique', async () => {
    const content = parquetWriteBuffer({
      columnData: ['a', 'a', '__proto__', 'root'].map((name, index) => ({ name, data: [index], type: 'INT32' })),
    });
    expect(await fieldsOf(parquet(content))).toEqual([{ a: 0, 'a 2': 1, ['__proto__']: 2, root: 3 }]);
  });

  it('refuses a column of type VARIANT, whose decimals would lose digits', async () => {
    const content = parquetWriteBuffer({ columnData: [{ name: 'v', data: [{ a: 1 }], type: 'VARIANT' }] });
    await expect(rowsOf(parquet(content))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'a.parquet: column "v" (type VARIANT) cannot be read exactly; write it as JSON text instead.',
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
