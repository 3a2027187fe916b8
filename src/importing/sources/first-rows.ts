import type { RowSource, SourceRow } from './row-source.ts';

/** The source's rows, at most `limit` of them (at least 1); `advance` is also told how many there were so far. */
export async function* firstRows(
  source: RowSource,
  limit: number,
  advance: (fraction: number, rows: number) => void,
): AsyncGenerator<SourceRow> {
  let rows = 0;
  for await (const row of source.rows((fraction) => advance(Math.max(fraction, rows / limit), rows))) {
    rows++;
    yield row;
    if (rows >= limit) break;
  }
  advance(1, rows);
}
