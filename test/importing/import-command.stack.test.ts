import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AtlasProcess } from '../support/atlas-process.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

/** Nothing listens there: whatever is refused is refused before a database is asked. */
const ATLAS_SHARDS = JSON.stringify({ shards: [{ id: 's0', primary: 'postgres://nobody@127.0.0.1:1/none' }] });

describe('atlas import', () => {
  let folder: string;
  beforeAll(() => {
    folder = temporaryDirectory('import-command');
    writeFileSync(join(folder, 'good.csv'), 'a,b\n1,2\n');
    writeFileSync(join(folder, 'empty.csv'), '');
    writeFileSync(join(folder, 'book.xlsx'), 'x');
    writeFileSync(join(folder, 'cut.json'), '[{"a":1},{"a":');
    writeFileSync(join(folder, 'not.parquet'), 'x'.repeat(100));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = async (args: readonly string[]): Promise<{ code: number | null; output: string }> => {
    const paths = args.map((arg) => (/\.\w+$/.test(arg) ? join(folder, arg) : arg));
    const atlas = new AtlasProcess(['import', ...paths], join(folder, 'home'), { ATLAS_SHARDS });
    const code = await atlas.exit();
    return { code, output: atlas.output };
  };

  it.each([
    [['good.csv', '--tenant', '0'], '"0" is not a tenant id; expected'],
    [['good.csv', '--tenant', '2147483648'], '"2147483648" is not a tenant id; expected'],
    [['good.csv', '--limit', '-1'], '"-1" is not a limit; expected a positive integer'],
    [['good.csv', '--limit', '1e3'], '"1e3" is not a limit; expected a positive integer'],
    [['good.csv', '--type', '7 of 9'], '"7 of 9" is not a valid entity type; expected'],
    [['good.csv', '--id-column', 'a', '--id-base', '5'], 'exclude each other; set only one'],
    [['good.csv', '--id-base', '-5'], '"-5" is not valid; expected an integer from 0'],
    [['good.csv', '--id-column', 'c'], 'has no column "c"; its columns are a, b'],
    [['good.csv', 'missing.csv'], 'cannot be read (ENOENT); expected a readable file'],
    [['good.csv', 'empty.csv'], 'is empty; expected at least one row'],
    [['good.csv', 'book.xlsx'], 'has an unknown extension; expected one of'],
    [['good.csv', '--format', 'xlsx'], 'There is no format "xlsx"; expected one of csv, tsv,'],
    [['-', '--type', 'a'], 'The standard input (-) has no name; set --format and --type'],
    [['-', '-', '--format', 'csv', '--type', 'a'], 'The standard input (-) can be read only once'],
    [['good.csv', 'cut.json'], 'cut.json is not well-formed JSON'],
    [['good.csv', 'not.parquet'], 'not.parquet is not a valid Parquet file'],
  ])('exits with 2 for %j and says why in one line', async (args, why) => {
    const { code, output } = await run(args);
    expect({ code, output }).toEqual({ code: 2, output: expect.stringContaining(why) });
    expect(output.trim().split('\n')).toHaveLength(1);
  });

  it('exits with 1 if the arguments are valid but the shard does not answer', async () => {
    const { code, output } = await run(['good.csv']);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('cannot be reached') });
  });
});
