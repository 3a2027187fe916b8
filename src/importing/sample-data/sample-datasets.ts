import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AtlasError } from '../../domain/errors.ts';
import { openSource } from '../sources/open-source.ts';
import type { RawValue, RowSource, SourceRow } from '../sources/row-source.ts';
import { generatedUsers, USER_COUNT } from './generated-users.ts';

export interface SampleDataset {
  readonly type: string;
  /** Entity ids are `idBase` + row number: users from 1, movies from 100001, airports from 200001 … */
  readonly idBase: bigint;
  readonly entities: number;
  readonly open: () => Promise<RowSource>;
}

/** Converts the times of earthquakes, given as milliseconds since the epoch, which would otherwise be numbers. */
const fromEpoch = (value: RawValue): RawValue => (typeof value === 'number' ? new Date(value) : value);
/** Converts dates such as `Jun 12 1998`, which would otherwise be text. Some are wrong in the file: 2046 should be 1946. */
const fromAmericanDate = (value: RawValue): RawValue => {
  const milliseconds = typeof value === 'string' ? Date.parse(`${value} UTC`) : Number.NaN;
  return Number.isNaN(milliseconds) ? value : new Date(milliseconds);
};

/** In load order. Users come first, because the first example queries are about users. */
export const SAMPLE_DATASETS: readonly SampleDataset[] = [
  { type: 'user', idBase: 0n, entities: USER_COUNT, open: async () => generatedUsers },
  vega('movie', 100_000n, 3201, 'movies.json', { 'Release Date': fromAmericanDate }),
  vega('airport', 200_000n, 3376, 'airports.csv'),
  vega('car', 300_000n, 406, 'cars.json'),
  vega('earthquake', 400_000n, 1707, 'earthquakes.json', { time: fromEpoch, updated: fromEpoch }),
  vega('penguin', 500_000n, 344, 'penguins.json'),
  vega('birdstrike', 600_000n, 10_000, 'birdstrikes.csv'),
];

function vega(
  type: string,
  idBase: bigint,
  entities: number,
  file: string,
  columns: Readonly<Record<string, (value: RawValue) => RawValue>> = {},
): SampleDataset {
  return { type, idBase, entities, open: async () => new MappedSource(await openSource(vegaFile(file)), columns) };
}

/** @throws AtlasError INTERNAL if the package is not installed. */
export function vegaFile(file: string): string {
  try {
    return join(createRequire(import.meta.url).resolve('vega-datasets'), '../../data', file);
  } catch (cause) {
    throw new AtlasError(
      'INTERNAL',
      'The npm package vega-datasets, which contains the sample data, is not installed; run "npm install" with optional dependencies.',
      { cause },
    );
  }
}

/** A source with some of its columns mapped to other values. */
class MappedSource implements RowSource {
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
