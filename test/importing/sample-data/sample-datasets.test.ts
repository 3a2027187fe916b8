import { describe, expect, it } from 'vitest';
import { ENTITY_FIELDS, exposedFieldName } from '../../../src/domain/catalog/exposed-field.ts';
import { inferColumns } from '../../../src/importing/infer-columns.ts';
import { HOT_SAMPLE_ATTRIBUTES, sampleAttribute } from '../../../src/importing/sample-data/sample-attributes.ts';
import { SAMPLE_DATASETS } from '../../../src/importing/sample-data/sample-datasets.ts';
import { rowsOf } from '../rows-of.ts';

const signal = new AbortController().signal;
const columnsByType = new Map(
  await Promise.all(
    SAMPLE_DATASETS.map(async ({ type, open }) => {
      const columns = await inferColumns(
        await open(),
        { rows: Number.POSITIVE_INFINITY, cells: 2_000 },
        () => {},
        signal,
      );
      return [type, columns] as const;
    }),
  ),
);
const allColumns = [...columnsByType].flatMap(([type, columns]) => columns.map((column) => ({ type, column })));

describe('the sample datasets', () => {
  it.each(SAMPLE_DATASETS.map((dataset) => [dataset.type, dataset] as const))(
    'have as many entities of %s as they say, with ids that no other dataset has',
    async (_type, { entities, idBase, open }) => {
      const rows = await rowsOf(await open());
      expect(rows.length).toBe(entities);
      expect(rows.every(({ kind }) => kind === 'data')).toBe(true);
      const next = SAMPLE_DATASETS.map((other) => other.idBase).filter((base) => base > idBase);
      for (const base of next) expect(idBase + BigInt(entities)).toBeLessThan(base);
    },
  );

  it('use one type per key', () => {
    const types = new Map(HOT_SAMPLE_ATTRIBUTES.map(({ key, type }) => [key, type]));
    for (const { type, column } of allColumns) {
      if (column.type === null) continue;
      expect([type, column.key, types.get(column.key) ?? column.type]).toEqual([type, column.key, column.type]);
      types.set(column.key, column.type);
    }
  });

  it('import times as timestamps', () => {
    const typeOf = (type: string, key: string) => columnsByType.get(type)?.find((column) => column.key === key)?.type;
    expect(typeOf('movie', 'release_date')).toBe('TIMESTAMP');
    expect(typeOf('earthquake', 'time')).toBe('TIMESTAMP');
    expect(typeOf('birdstrike', 'flight_date')).toBe('TIMESTAMP');
    expect(typeOf('car', 'year')).toBe('TIMESTAMP');
    expect(typeOf('user', 'last_seen')).toBe('TIMESTAMP');
  });

  it('expose attributes under unique field names', () => {
    const keys = new Set(allColumns.map(({ column }) => column.key));
    const exposed = [...keys].filter((key) => sampleAttribute(key).exposed === true);
    expect(exposed).toEqual(
      expect.arrayContaining(['title', 'imdb_rating', 'name', 'email', 'iata', 'mag', 'species']),
    );
    const fields = [...exposed, ...HOT_SAMPLE_ATTRIBUTES.map(({ key }) => key)].map(exposedFieldName);
    expect(new Set(fields).size).toBe(fields.length);
    for (const field of fields) expect(ENTITY_FIELDS.has(field)).toBe(false);
  });
});
