import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { FileSummary } from '../../src/importing/import-files.ts';
import type { ImportProgress } from '../../src/importing/import-rows.ts';
import { createProgressReporter, describeSummary } from '../../src/importing/progress-reporter.ts';

const summary: FileSummary = {
  file: 'movies.json',
  type: 'movies',
  rows: 3201,
  skipped: 0,
  created: 3000,
  updated: 0,
  unchanged: 200,
  rejected: 1,
  values: 42_011,
  stopped: false,
  renamed: [{ column: 'time', key: 'movie_time' }],
  seconds: 1.25,
  rowsPerSecond: 2560.8,
  rejectFile: 'movies.json.rejects.ndjson',
};

describe('createProgressReporter', () => {
  it('writes a line every five seconds if there is no terminal, and a summary', () => {
    let now = 0;
    const stream = new PassThrough({ encoding: 'utf8' });
    const reporter = createProgressReporter(stream as unknown as NodeJS.WriteStream, { now: () => now });
    const step = (rows: number): ImportProgress => ({
      source: 'movies.json',
      phase: 'WRITING',
      fraction: rows / 3201,
      rows,
      rejected: 1,
    });
    for (now = 0; now <= 10_000; now += 1000) reporter.onProgress(step(now / 10));
    reporter.onFile(summary);
    expect(stream.read()).toBe(
      [
        'movies.json: writing, 15 % (500 rows, 1 row rejected)',
        'movies.json: writing, 31 % (1,000 rows, 1 row rejected)',
        describeSummary(summary),
        '',
      ].join('\n'),
    );
  });
});

describe('describeSummary', () => {
  it('reports the outcomes of the rows, the speed, and where the rejected rows are', () => {
    expect(describeSummary(summary)).toBe(
      [
        'movies.json → movies: 3,201 rows in 1.3 s (2,561 per second)',
        '  3,000 created, 0 updated, 200 unchanged, 1 rejected; 42,011 values',
        '  Column "time" became the attribute "movie_time", because the attribute of that name has another type.',
        '  Rejected rows, with the reasons: movies.json.rejects.ndjson',
      ].join('\n'),
    );
  });

  it('says how to continue an import that was stopped', () => {
    expect(describeSummary({ ...summary, stopped: true, rejectFile: null })).toContain(
      'Run the same import again to continue',
    );
  });
});
