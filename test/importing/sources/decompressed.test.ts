import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openSource } from '../../../src/importing/sources/open-source.ts';
import { fieldsOf, rowsOf } from '../rows-of.ts';
import { temporaryFile } from '../temporary-file.ts';

/** Made with `zstd`: the numbers from 1 to 30,000, and, as a second frame with a checksum, those to 30,100. */
const ZSTD = new URL('../fixtures/two-frames.ndjson.zst', import.meta.url);

describe('a compressed file', () => {
  it.each([
    ['users.csv.gz', gzipSync('a,b\n1,ä\n')],
    ['users.csv.gz', Buffer.concat([gzipSync('a,b\n1,'), gzipSync('ä\n')])],
    ['users.CSV', gzipSync('a,b\n1,ä\n')],
    ['users.csv.gz', Buffer.from('a,b\n1,ä\n')],
  ])('is read as what it contains, whatever its name: %s', async (name, content) => {
    expect(await fieldsOf(await openSource(temporaryFile(name, content)))).toEqual([{ a: '1', b: 'ä' }]);
  });

  it('of Zstandard may have several frames, and tells how much of it has been read', async () => {
    const source = await openSource(temporaryFile('n.ndjson.zst', readFileSync(ZSTD)));
    const fractions: number[] = [];
    let sum = 0;
    for await (const row of source.rows((fraction) => fractions.push(fraction))) {
      if (row.kind === 'data') sum += Number(row.fields.n);
    }
    expect(sum).toBe((30_100 * 30_101) / 2);
    expect(fractions.at(-1)).toBe(1);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });

  it.each([
    ['gzip', 'a.csv.gz', gzipSync(`a\n${'1\n'.repeat(10_000)}`)],
    ['Zstandard', 'a.ndjson.zst', readFileSync(ZSTD)],
  ])('is refused if it is cut off or damaged: %s', async (name, file, content) => {
    const damaged = Buffer.from(content);
    damaged.fill(0xff, 20, 40);
    for (const bytes of [content.subarray(0, -9), content.subarray(0, 20), damaged]) {
      await expect(rowsOf(await openSource(temporaryFile(file, bytes)))).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringMatching(new RegExp(`is not valid ${name} \\(.+\\); expected a complete file`)),
      });
    }
  });

  it('may have any name if its format is given', async () => {
    const path = temporaryFile('export', gzipSync('{"a":1}\n'));
    expect(await fieldsOf(await openSource(path, 'ndjson'))).toEqual([{ a: 1 }]);
  });
});
