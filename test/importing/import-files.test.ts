import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importFiles } from '../../src/importing/import-files.ts';
import type { ImportProgress } from '../../src/importing/import-rows.ts';
import { inspectFiles } from '../../src/importing/inspect-files.ts';
import { type ImportPathsRequest, importPaths } from './import-paths.ts';
import { MemoryStore } from './memory-store.ts';
import { temporaryFile } from './temporary-file.ts';

const limits = { maxValueBytes: 1_048_576, maxListElements: 1_000, maxAttributesPerEntity: 3 };

const run = (files: readonly string[], options: Partial<ImportPathsRequest> = {}, store = new MemoryStore()) =>
  importPaths({
    files,
    tenantId: 1,
    catalog: store.catalog,
    writer: store.writer,
    limits,
    ...options,
  });

describe('importFiles', () => {
  it('derives the entity type from the file name and returns a summary', async () => {
    const times = [1_000, 2_000, 10_000, 11_000];
    const clock = { now: () => times.shift() ?? 0 };
    const file = temporaryFile('Bird Strikes-2024.csv', 'a,b\n1,x\n2,\n');
    expect(await run([file], { clock })).toEqual([
      {
        file,
        type: 'bird_strikes_2024',
        rows: 2,
        skipped: 0,
        created: 2,
        updated: 0,
        unchanged: 0,
        rejected: 0,
        values: 3,
        stopped: false,
        seconds: 2,
        rowsPerSecond: 1,
        rejectFile: null,
        renamed: [],
      },
    ]);
  });

  it('writes rejected rows with line and reason next to the file and imports the others', async () => {
    const file = temporaryFile('a.ndjson', '{"a":1}\n{"a":\n\n{"a":2}\n{"a":1e999}\n');
    const [summary] = await run([file]);
    expect(summary).toMatchObject({ rows: 4, created: 2, rejected: 2, rejectFile: `${file}.rejects.ndjson` });
    const rejects = readFileSync(`${file}.rejects.ndjson`, 'utf8').trim().split('\n');
    expect(rejects.map((line) => JSON.parse(line))).toEqual([
      { line: 2, row: 2, code: 'BAD_USER_INPUT', reason: expect.stringContaining('not JSON'), content: '{"a":' },
      {
        line: 5,
        row: 4,
        code: 'ATTRIBUTE_INVALID',
        reason: expect.stringContaining('finite'),
        content: { a: 'Infinity' },
      },
    ]);
  });

  it('leaves no reject file if no row is rejected, and removes an old one', async () => {
    const store = new MemoryStore();
    store.define({ key: 'a', type: 'NUMBER' });
    const file = temporaryFile('a.csv', 'a\n1\nx\n');
    await run([file], {}, store);
    expect(existsSync(`${file}.rejects.ndjson`)).toBe(true);
    store.definitions.clear();
    await run([file], {}, store);
    expect(existsSync(`${file}.rejects.ndjson`)).toBe(false);
  });

  it('writes nothing from a malformed file', async () => {
    const store = new MemoryStore();
    await expect(run([temporaryFile('a.json', '[{"a":1},')], {}, store)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect([store.entities.size, store.definitions.size]).toEqual([0, 0]);
  });

  it('reads all files to the end before it imports the first', async () => {
    const store = new MemoryStore();
    const files = [temporaryFile('a.csv', 'a\n1\n'), temporaryFile('b.json', '[{"a":1},{"a":')];
    await expect(run(files, {}, store)).rejects.toThrow(/b\.json is not well-formed JSON/);
    expect([store.entities.size, store.definitions.size]).toEqual([0, 0]);
  });

  it('checks the columns of all files before it imports the first', async () => {
    const store = new MemoryStore();
    store.define({ key: 'old', type: 'TEXT', retired: true });
    const files = [temporaryFile('a.csv', 'id,a\n1,1\n'), temporaryFile('b.csv', 'id,old\n2,x\n')];
    await expect(run(files, {}, store)).rejects.toThrow(/"old", which is retired/);
    await expect(run(files, { keyColumns: ['a'] }, store)).rejects.toThrow(/b\.csv has no column "a"/);
    expect([store.entities.size, store.definitions.size]).toEqual([0, 1]);
  });

  it('rejects a row with more attributes than an upsert may set', async () => {
    const store = new MemoryStore();
    const file = temporaryFile('a.ndjson', '{"a":1,"b":2,"c":3}\n{"a":1,"b":2,"c":3,"d":4}\n');
    const [summary] = await run([file], {}, store);
    expect(summary).toMatchObject({ created: 1, rejected: 1 });
    expect(JSON.parse(readFileSync(`${file}.rejects.ndjson`, 'utf8'))).toMatchObject({
      row: 2,
      code: 'LIMIT_EXCEEDED',
      reason: 'The row has 4 attributes; the limit is 3.',
    });
  });

  it('defines no attribute for a column that only rows with too many attributes have', async () => {
    const store = new MemoryStore();
    const file = temporaryFile('a.ndjson', '{"a":1,"b":2,"c":3,"d":4}\n{"a":1}\n');
    const [summary] = await run([file], {}, store);
    expect(summary).toMatchObject({ created: 1, rejected: 1 });
    expect([...store.definitions.keys()]).toEqual(['a']);
    const [wide] = await run([temporaryFile('b.csv', 'e,f,g,h\n1,2,3,4\n')], {}, store);
    expect(wide).toMatchObject({ created: 0, rejected: 1 });
    const [withId] = await run([temporaryFile('c.csv', 'id,e,f,g\n1,2,3,4\n')], { idColumn: 'id' }, store);
    expect(withId).toMatchObject({ created: 1, rejected: 0, values: 3 });
  });

  it.each<[string, (file: string) => void]>([
    ['grows', (file) => appendFileSync(file, '{"a":1,"new":2}\n')],
    ['is replaced by one that is not complete', (file) => writeFileSync(file, '{"a":')],
    ['is removed', (file) => rmSync(file)],
  ])('writes nothing of a file that %s after its columns were read', async (_what, change) => {
    const store = new MemoryStore();
    const files = [temporaryFile('a.ndjson', '{"a":1}\n')];
    const inspected = await inspectFiles({ files, limits });
    change(files[0] ?? '');
    const importing = importFiles({ inspected, tenantId: 1, catalog: store.catalog, writer: store.writer, limits });
    await expect(importing).rejects.toThrow(/a\.ndjson was changed or removed while it was read/);
    expect(store.entities.size).toBe(0);
  });

  it('stops if the file changes while it is written, also between its first rows and its end', async () => {
    const store = new MemoryStore();
    const file = temporaryFile('a.ndjson', '{"a":1}\n'.repeat(5_000));
    store.failure = () => {
      appendFileSync(file, '{"a":2}\n');
      return null;
    };
    await expect(run([file], { idBase: '0' }, store)).rejects.toThrow(/was changed or removed while it was read/);
    expect(store.entities.size).toBeLessThan(5_000);
  });

  it('opens all files before it imports the first', async () => {
    const store = new MemoryStore();
    const files = [temporaryFile('a.csv', 'a\n1\n'), temporaryFile('b.csv', '')];
    await expect(run(files, {}, store)).rejects.toThrow(/b\.csv is empty/);
    expect(store.entities.size).toBe(0);
  });

  it('imports nothing more once its signal is aborted', async () => {
    const controller = new AbortController();
    controller.abort();
    const summaries = await run([temporaryFile('a.csv', 'a\n1\n'), temporaryFile('b.csv', 'a\n1\n')], {
      signal: controller.signal,
    });
    expect(summaries).toMatchObject([{ rows: 0, stopped: true }]);
  });

  it('reports the progress of both passes', async () => {
    const progress: ImportProgress[] = [];
    await run([temporaryFile('a.csv', 'a\n1\n2\n')], { onProgress: (step) => progress.push(step) });
    expect(progress.at(0)).toMatchObject({ source: 'a.csv', phase: 'INSPECTING', fraction: 1 });
    expect(progress.at(-1)).toEqual({ source: 'a.csv', phase: 'WRITING', fraction: 1, rows: 2, rejected: 0 });
  });

  it.each<[Partial<ImportPathsRequest>, RegExp]>([
    [{ idColumn: 'a', idBase: '5' }, /Id column, id base and key columns exclude each other/],
    [{ idBase: '-5' }, /expected an integer from 0/],
    [{ type: '7 of 9' }, /is not a valid entity type/],
    [{ limit: 0 }, /The limit is not valid; expected a positive integer/],
    [{ files: [] }, /expected at least one/],
  ])('refuses %j', async (options, message) => {
    await expect(run([temporaryFile('a.csv', 'a\n1\n')], options)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(message),
    });
  });
});
