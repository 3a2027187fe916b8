import type { RowSource, SourceRow } from './row-source.ts';

/** The first rows of a source, at most `limit` (at least 1). Also reports the number of rows read so far to `advance`. */
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
