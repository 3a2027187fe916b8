import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UniqueAttribute } from '../../src/domain/catalog/unique-attribute.ts';
import { AtlasError } from '../../src/domain/errors.ts';
import { derivedId } from '../../src/domain/external-key.ts';
import {
  type ImportCounts,
  type ImportRowsRequest,
  importRows,
  type RejectedRow,
} from '../../src/importing/import-rows.ts';
import { inferColumns } from '../../src/importing/infer-columns.ts';
import type { RawValue, RowSource } from '../../src/importing/sources/row-source.ts';
import { MemoryStore } from './memory-store.ts';
import { sourceOf } from './rows-of.ts';

async function run(
  store: MemoryStore,
  source: RowSource,
  options: Partial<ImportRowsRequest> = {},
): Promise<{ counts: ImportCounts; rejected: RejectedRow[] }> {
  const rejected: RejectedRow[] = [];
  const counts = await importRows({
    source,
    type: 'thing',
    tenantId: 1,
    ids: { kind: 'content' },
    catalog: store.catalog,
    writer: store.writer,
    limits: { maxValueBytes: 1_048_576, maxListElements: 1_000, maxAttributesPerEntity: 2_000 },
    onReject: (row) => rejected.push(row),
    retry: { retries: 2, firstMs: 0 },
    ...options,
  });
  return { counts, rejected };
}

const typesOf = (store: MemoryStore) =>
  Object.fromEntries([...store.definitions.values()].map(({ key, type }) => [key, type]));

describe('importRows', () => {
  it('defines an attribute for each column from all of its values and skips absent values', async () => {
    const store = new MemoryStore();
    const rows = [
      { 'A Number': '1', mixed: '1', zip: '1', flag: 'true', day: '2024-01-01', doc: '{"a":1}', empty: '' },
      { 'A Number': '', mixed: 'x', zip: '00501', flag: '', day: '', doc: '', empty: '' },
    ];
    const { counts } = await run(store, sourceOf(rows, true));
    expect(typesOf(store)).toEqual({
      a_number: 'NUMBER',
      mixed: 'TEXT',
      zip: 'TEXT',
      flag: 'BOOLEAN',
      day: 'TIMESTAMP',
      doc: 'JSON',
    });
    expect([...store.entities.values()]).toEqual([
      { a_number: 1, mixed: '1', zip: '1', flag: true, day: '2024-01-01T00:00:00.000Z', doc: { a: 1 } },
      { mixed: 'x', zip: '00501' },
    ]);
    expect(counts).toMatchObject({ rows: 2, created: 2, rejected: 0, values: 8, stopped: false });
  });

  it('changes nothing when the same rows are imported again', async () => {
    const cell: fc.Arbitrary<RawValue> = fc.oneof(
      fc.constantFrom<RawValue>(null, undefined, Number.NaN, '', '007', '2024-01-01', new Date(0)),
      fc.jsonValue() as fc.Arbitrary<RawValue>,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.dictionary(fc.string(), cell)), fc.boolean(), async (rows, untyped) => {
        const store = new MemoryStore();
        const { counts: first } = await run(store, sourceOf(rows, untyped));
        const { counts: second } = await run(store, sourceOf(rows, untyped));
        expect(first.created).toBe(rows.length - first.rejected);
        expect(second).toEqual({ ...first, created: 0, unchanged: first.created });
      }),
    );
  });

  it('rejects rows that violate a rule of an existing attribute', async () => {
    const store = new MemoryStore();
    store.define({ key: 'size', type: 'NUMBER', rules: { max: 10 } });
    const { counts, rejected } = await run(store, sourceOf([{ size: '10' }, { size: '11' }], true));
    expect(counts).toMatchObject({ rows: 2, created: 1, rejected: 1 });
    expect(rejected).toMatchObject([
      { code: 'ATTRIBUTE_INVALID', reason: 'Attribute "size" violates rule max: got 11; expected at most 10.' },
    ]);
  });

  it('keeps the type of an existing attribute and rejects rows that do not fit it', async () => {
    const store = new MemoryStore();
    store.define({ key: 'size', type: 'NUMBER' });
    store.define({ key: 'name', type: 'TEXT' });
    const { counts, rejected } = await run(store, sourceOf([{ size: '7', name: 300 }, { size: 'large' }, { size: 8 }]));
    expect([...store.entities.values()]).toEqual([{ size: 7, name: '300' }, { size: 8 }]);
    expect(counts).toMatchObject({ rows: 3, created: 2, rejected: 1 });
    expect(rejected).toEqual([
      {
        row: 2,
        line: null,
        code: 'ATTRIBUTE_TYPE_MISMATCH',
        reason: expect.stringContaining('Attribute "size" has type NUMBER but got "large"'),
        content: { size: 'large' },
      },
    ]);
  });

  it('prefixes the key of a column with the entity type if none of its values fit the existing attribute, and reports it', async () => {
    const store = new MemoryStore();
    store.define({ key: 'time', type: 'TIMESTAMP' });
    const rows = [{ time: 0 }, { time: 1.5 }];
    const first = await run(store, sourceOf(rows));
    expect([...store.entities.values()]).toEqual([{ thing_time: 0 }, { thing_time: 1.5 }]);
    expect(first.counts).toMatchObject({ created: 2, rejected: 0, renamed: [{ column: 'time', key: 'thing_time' }] });
    const again = await run(store, sourceOf(rows));
    expect(again.counts).toMatchObject({ created: 0, unchanged: 2, renamed: first.counts.renamed });
  });

  it('rejects a row with a value in a column that had none when the columns were inferred', async () => {
    const store = new MemoryStore();
    const rows = sourceOf([
      { a: 1, b: null },
      { a: 2, b: 3 },
    ]);
    const columns = await inferColumns(
      sourceOf([{ a: 1, b: null }]),
      { rows: 2, cells: 9 },
      () => {},
      new AbortController().signal,
    );
    const { counts, rejected } = await run(store, rows, { columns });
    expect(counts).toMatchObject({ created: 1, rejected: 1 });
    expect(rejected[0]?.reason).toBe(
      'Column "b" had no values when the file was first read; import the file again once it is complete.',
    );
  });

  it('rejects a column whose attribute is retired before anything is written', async () => {
    const store = new MemoryStore();
    store.define({ key: 'old_name', type: 'TEXT', retired: true });
    await expect(run(store, sourceOf([{ a: 1, 'Old name': 'x' }]))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('Column "Old name" has the key of the attribute "old_name", which is retired'),
    });
    expect(store.entities.size).toBe(0);
  });

  it('does not import the id column as an attribute, and also finds it by its key', async () => {
    const store = new MemoryStore();
    await run(store, sourceOf([{ 'Movie ID': 7, title: 'x' }]), { ids: { kind: 'column', column: 'movie_id' } });
    expect(Object.fromEntries(store.entities)).toEqual({ 7: { title: 'x' } });
  });

  it('lists the columns if the id column does not exist', async () => {
    await expect(
      run(new MemoryStore(), sourceOf([{ a: 1, b: 2 }]), { ids: { kind: 'key', columns: ['c'] } }),
    ).rejects.toMatchObject({ code: 'BAD_USER_INPUT', message: 'rows has no column "c"; its columns are a, b.' });
  });

  it('reads at most `limit` rows', async () => {
    const store = new MemoryStore();
    const { counts } = await run(store, sourceOf([{ a: 1 }, { a: 2 }, { b: 'x' }]), { limit: 2 });
    expect(counts.rows).toBe(2);
    expect(typesOf(store)).toEqual({ a: 'NUMBER' });
  });

  it('retries while a shard is down', async () => {
    const store = new MemoryStore();
    let failures = 2;
    store.failure = () => (failures-- > 0 ? new AtlasError('SHARD_UNAVAILABLE', 'Shard s1 is down.') : null);
    const { counts } = await run(store, sourceOf([{ a: 1 }]));
    expect(counts).toMatchObject({ rows: 1, created: 1 });
  });

  it('fails after several attempts, says how to continue, and continues when run again', async () => {
    const store = new MemoryStore();
    const rows = Array.from({ length: 5000 }, (_, index) => ({ n: index }));
    let batches = 0;
    store.failure = () => (++batches > 2 ? new AtlasError('SHARD_UNAVAILABLE', 'Shard s1 is down.') : null);
    await expect(run(store, sourceOf(rows))).rejects.toMatchObject({
      code: 'SHARD_UNAVAILABLE',
      message: expect.stringContaining('Shard s1 is down. The import stopped'),
    });
    expect(store.entities.size).toBe(2000);
    store.failure = () => null;
    const { counts } = await run(store, sourceOf(rows));
    expect(counts).toMatchObject({ rows: 5000, created: 3000, unchanged: 2000 });
  });

  it('stops between batches once its signal is aborted', async () => {
    const store = new MemoryStore();
    const controller = new AbortController();
    const rows = Array.from({ length: 20_000 }, (_, index) => ({ n: index }));
    let batches = 0;
    store.failure = () => {
      if (++batches === 3) controller.abort();
      return null;
    };
    const { counts } = await run(store, sourceOf(rows), { signal: controller.signal });
    expect(counts.stopped).toBe(true);
    expect(counts.created).toBe(store.entities.size);
    expect(counts.created).toBeGreaterThanOrEqual(3000);
    expect(counts.created).toBeLessThan(20_000);
  });

  it('does not wait for a shard that is down once its signal is aborted', async () => {
    const store = new MemoryStore();
    const controller = new AbortController();
    store.failure = () => {
      controller.abort();
      return new AtlasError('SHARD_UNAVAILABLE', 'Shard s1 is down.');
    };
    const { counts } = await run(store, sourceOf([{ a: 1 }]), {
      signal: controller.signal,
      retry: { retries: 1, firstMs: 3_600_000, longestMs: 3_600_000 },
    });
    expect(counts).toMatchObject({ rows: 0, stopped: true });
  });

  it('rethrows an unknown error', async () => {
    const store = new MemoryStore();
    store.failure = () => new TypeError('a defect');
    await expect(run(store, sourceOf([{ a: 1 }]))).rejects.toThrow('a defect');
  });
});

describe('importing a type that has a key', () => {
  const thing = (sku: string | null, note: string, id?: string) => ({ sku, note, ...(id !== undefined && { id }) });
  const keyed = () => {
    const store = new MemoryStore();
    const definition = store.define({ key: 'sku', type: 'TEXT', unique: true, entityTypes: ['thing'] });
    const idOf = (sku: string) => derivedId(1, 'thing', definition as UniqueAttribute, sku);
    return { store, idOf };
  };

  it('finds entities by it, whatever else has changed, and rejects rows without it and repeated ones', async () => {
    const { store, idOf } = keyed();
    await run(store, sourceOf([thing('7', 'first'), thing('B', 'kept')]));
    const { counts, rejected } = await run(
      store,
      sourceOf([
        thing('C', 'new'),
        { ...thing(null, ''), sku: 7, note: 'changed' },
        thing('C', 'again'),
        thing(null, 'lost'),
      ]),
    );
    expect(counts).toMatchObject({ created: 1, updated: 1, rejected: 2 });
    expect(rejected.map(({ row, reason }) => [row, reason])).toEqual([
      [3, expect.stringContaining('An earlier row of the file has the same value of sku, "C"')],
      [4, expect.stringContaining('needs a value of its key "sku"')],
    ]);
    expect(Object.fromEntries(store.entities)).toEqual({
      [idOf('7')]: { sku: '7', note: 'changed' },
      [idOf('B')]: { sku: 'B', note: 'kept' },
      [idOf('C')]: { sku: 'C', note: 'new' },
    });
  });

  it('takes ids that an export has written, and rejects others', async () => {
    const { store, idOf } = keyed();
    const rows = [thing('A', 'right', idOf('A')), thing('B', 'wrong', '5'), thing(null, 'by id', idOf('A'))];
    const { rejected } = await run(store, sourceOf(rows.slice(0, 2)), { ids: { kind: 'column', column: 'id' } });
    expect(rejected).toMatchObject([{ row: 2, reason: expect.stringContaining('Leave the id out') }]);
    const { counts } = await run(store, sourceOf(rows.slice(2)), { ids: { kind: 'column', column: 'id' } });
    expect(counts).toMatchObject({ updated: 1 });
    expect(Object.fromEntries(store.entities)).toEqual({ [idOf('A')]: { sku: 'A', note: 'by id' } });
  });
});
