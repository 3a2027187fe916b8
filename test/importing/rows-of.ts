import type { RawValue, RowSource, SourceRow } from '../../src/importing/sources/row-source.ts';

export async function rowsOf(source: RowSource): Promise<SourceRow[]> {
  const rows: SourceRow[] = [];
  for await (const row of source.rows(() => {})) rows.push(row);
  return rows;
}

export async function fieldsOf(source: RowSource): Promise<Readonly<Record<string, RawValue>>[]> {
  return (await rowsOf(source)).map((row) => {
    if (row.kind === 'malformed') throw new Error(`Row ${row.number} is malformed: ${row.reason}`);
    return row.fields;
  });
}

/** An in-memory source. */
export function sourceOf(rows: readonly Readonly<Record<string, RawValue>>[], untyped = false): RowSource {
  return {
    name: 'rows',
    untyped,
    async *rows() {
      for (const [index, fields] of rows.entries()) yield { kind: 'data', number: index + 1, line: null, fields };
    },
  };
}
