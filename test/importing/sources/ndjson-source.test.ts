import { describe, expect, it } from 'vitest';
import { NdjsonSource } from '../../../src/importing/sources/ndjson-source.ts';
import { fieldsOf, rowsOf } from '../rows-of.ts';
import { temporaryFile } from '../temporary-file.ts';

const ndjson = (content: string): NdjsonSource => new NdjsonSource('a.ndjson', temporaryFile('a.ndjson', content));

describe('NdjsonSource', () => {
  it('reads one object per line, including a last line without a line end, and skips blank lines', async () => {
    const source = ndjson('{"a":1}\r\n\n  \n{"a":"\\u00e9"}\n{"a":[1]}');
    expect(await fieldsOf(source)).toEqual([{ a: 1 }, { a: 'é' }, { a: [1] }]);
  });

  it('keeps the digits of integers beyond 2^53', async () => {
    expect(await fieldsOf(ndjson('{"a":9007199254740993,"b":"9007199254740993, 1"}'))).toEqual([
      { a: '9007199254740993', b: '9007199254740993, 1' },
    ]);
  });

  it('marks lines that are not JSON objects as malformed, with their line, and continues', async () => {
    const rows = await rowsOf(ndjson('{"a":1}\n\n{"a":\n[1]\n{"a":2}\n'));
    expect(rows.map(({ kind, number, line }) => [kind, number, line])).toEqual([
      ['data', 1, 1],
      ['malformed', 2, 3],
      ['malformed', 3, 4],
      ['data', 4, 5],
    ]);
    expect(rows[1]).toMatchObject({ reason: expect.stringMatching(/^The line is not JSON \(/), content: '{"a":' });
    expect(rows[2]).toMatchObject({
      reason: 'The line is not a JSON object; expected one object per line.',
      content: [1],
    });
  });

  it('rejects a line beyond the limit instead of reading it into memory', async () => {
    await expect(rowsOf(ndjson(`{"a":1}\n[${'1,'.repeat(9 * 1024 * 1024)}1]`))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('line 2 is longer than 16 MiB'),
    });
  });
});
