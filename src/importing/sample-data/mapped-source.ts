import type { RawValue, RowSource, SourceRow } from '../sources/row-source.ts';

/** A source with some of its columns mapped to other values. */
export class MappedSource implements RowSource {
  readonly name: string;
  readonly untyped: boolean;

  constructor(
    readonly original: RowSource,
    readonly columns: Readonly<Record<string, (value: RawValue) => RawValue>>,
  ) {
    this.name = original.name;
    this.untyped = original.untyped;
  }

  async *rows(advance: (fraction: number) => void): AsyncGenerator<SourceRow> {
    const columns = Object.entries(this.columns);
    for await (const row of this.original.rows(advance)) {
      if (row.kind === 'malformed') {
        yield row;
        continue;
      }
      const fields = { ...row.fields };
      for (const [column, map] of columns) fields[column] = map(fields[column]);
      yield { ...row, fields };
    }
  }
}
