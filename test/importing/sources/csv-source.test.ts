import { describe, expect, it } from 'vitest';
import { CsvSource } from '../../../src/importing/sources/csv-source.ts';
import { fieldsOf, rowsOf } from '../rows-of.ts';
import { temporaryFile } from '../temporary-file.ts';

const csv = (content: string | Uint8Array): CsvSource => new CsvSource('a.csv', temporaryFile('a.csv', content));

describe('CsvSource', () => {
  it('reads quoted cells, all kinds of line ends, blank lines and a byte-order mark', async () => {
    const source = csv('\ufeffa,b\r\n1,"x, ""y"""\r\n\r\n2,"two\nlines"\r\n3,z');
    expect(await fieldsOf(source)).toEqual([
      { a: '1', b: 'x, "y"' },
      { a: '2', b: 'two\nlines' },
      { a: '3', b: 'z' },
    ]);
  });

  it('reports the number of each row and the line it starts on', async () => {
    const rows = await rowsOf(csv('a,b\n1,"two\nlines"\n\n2,x\n'));
    expect(rows.map(({ number, line }) => [number, line])).toEqual([
      [1, 2],
      [2, 5],
    ]);
  });

  it.each([';', '\t', '|'])('detects the delimiter %j', async (delimiter) => {
    const source = csv(`"a,b"${delimiter}c\n1${delimiter}2\n`);
    expect(await fieldsOf(source)).toEqual([{ 'a,b': '1', c: '2' }]);
  });

  it('makes the names of empty and repeated columns unique', async () => {
    expect(await fieldsOf(csv('a,,a,__proto__\n1,2,3,4\n'))).toEqual([
      { a: '1', 'column 2': '2', 'a 2': '3', ['__proto__']: '4' },
    ]);
  });

  it('keeps cells of spaces, and skips lines of spaces only if they cannot be a cell', async () => {
    expect(await fieldsOf(csv('a,b\n  ,\n   \n1, \n'))).toEqual([
      { a: '  ', b: '' },
      { a: '1', b: ' ' },
    ]);
    expect(await fieldsOf(csv('a\n  \n\n1\n'))).toEqual([{ a: '  ' }, { a: '1' }]);
  });

  it('reads no rows from a header alone', async () => {
    expect(await rowsOf(csv('a,b\n'))).toEqual([]);
  });

  it('reads the same rows every time', async () => {
    const source = csv('a\n1\n2\n');
    expect(await rowsOf(source)).toEqual(await rowsOf(source));
  });

  it('marks ragged rows as malformed, with their line, and continues', async () => {
    const rows = await rowsOf(csv('a,b\n1,2\n3\n4,5,6\n7,8\n'));
    expect(rows.map(({ kind, line }) => [kind, line])).toEqual([
      ['data', 2],
      ['malformed', 3],
      ['malformed', 4],
      ['data', 5],
    ]);
    expect(rows[1]).toMatchObject({
      reason: 'The row has 1 cells; expected 2, as in the header.',
      content: ['3'],
    });
  });

  it('keeps quotes that are not doubled and loses no rows', async () => {
    expect(await fieldsOf(csv('a,b\n"x"y,3\n5" pipe,4\n6,"7"\n'))).toEqual([
      { a: '"x"y', b: '3' },
      { a: '5" pipe', b: '4' },
      { a: '6', b: '7' },
    ]);
  });

  it('marks a row with an unclosed quote as malformed, after the rows before it', async () => {
    const rows = await rowsOf(csv('a,b\n1,2\n3,"open\n4,5\n'));
    expect(rows.map(({ kind, line }) => [kind, line])).toEqual([
      ['data', 2],
      ['malformed', 3],
    ]);
  });

  it('rejects a quote that stays open beyond the record limit instead of reading the rest of the file into memory', async () => {
    await expect(rowsOf(csv(`a,b\n1,"${'x'.repeat(17 * 1024 * 1024)}`))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/a\.csv: the row near line 2 is longer than 16 MiB/),
    });
  });

  it.each([
    ['a quote in the header that is not closed', '"a,b\n1,2\n', 'has a quote in line 1 that is not closed'],
    ['nothing but blank lines', '\n\n \n', 'has no header line'],
  ])('rejects a file with %s', async (_what, content, what) => {
    await expect(rowsOf(csv(content))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(`${what}; expected a header line that names the columns`),
    });
  });

  it('ends lines with LF and CR LF in one file, and with CR if the first line does', async () => {
    const expected = [{ a: '1' }, { a: 'x' }, { a: 'two\r\nlines' }];
    expect(await fieldsOf(csv('a\r\n1\nx\r\n"two\r\nlines"\n'))).toEqual(expected);
    expect(await fieldsOf(csv('a\n1\r\nx\n"two\r\nlines"\r\n'))).toEqual(expected);
    expect(await fieldsOf(csv('a\r1\rx\r"two\r\nlines"\r'))).toEqual(expected);
    const rows = await rowsOf(csv('"a\nb"\r\n1\n2\r\n'));
    expect(rows.map(({ line }) => line)).toEqual([3, 4]);
  });

  it('rejects text that is not UTF-8', async () => {
    const latin1 = Buffer.from('name\nx\nJosé\n', 'latin1');
    await expect(rowsOf(csv(latin1))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('is not valid UTF-8 in line 3; convert it first'),
    });
    await expect(rowsOf(csv(Buffer.from('name\nJosé').subarray(0, -1)))).rejects.toThrow(/not valid UTF-8 in line 2;/);
  });

  it.each([
    ['utf-16', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le')],
    ['utf-16', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le').swap16()],
    ['utf-16le', Buffer.from('a,b\n1,2\n', 'utf16le')],
    ['utf-16be', Buffer.from('a,b\n1,2\n', 'utf16le').swap16()],
  ])('rejects %s and says how to convert it', async (encoding, content) => {
    await expect(rowsOf(csv(content))).rejects.toThrow(
      `a.csv is UTF-16; expected UTF-8. Convert it first, for example with "iconv -f ${encoding} -t utf-8".`,
    );
  });
});
