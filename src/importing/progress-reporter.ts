import type { StoredCheckpoint } from '../datasources/import-checkpoints.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { createSpinner } from '../lib/spinner.ts';
import type { FileSummary } from './import-files.ts';
import type { ImportProgress } from './import-rows.ts';

/** Milliseconds between two lines if the output is not a terminal. */
const LINE_PERIOD_MS = 5000;

export interface ProgressReporter {
  readonly onProgress: (progress: ImportProgress) => void;
  readonly onResume: (file: string, done: StoredCheckpoint) => void;
  readonly onFile: (summary: FileSummary) => void;
  /** Removes the spinner, for when an error ends the import. */
  stop(): void;
}

/** Reports the progress of an import: a spinner on a terminal, otherwise a line now and then; and a summary of each file. */
export function createProgressReporter(
  stream: NodeJS.WriteStream = process.stderr,
  clock: Clock = systemClock,
): ProgressReporter {
  const spinner = createSpinner(stream);
  let lastLine = clock.now();
  return {
    onProgress(progress) {
      if (spinner !== null) {
        spinner.text = describeProgress(progress);
        if (!spinner.isSpinning) spinner.start();
      } else if (clock.now() - lastLine >= LINE_PERIOD_MS) {
        lastLine = clock.now();
        stream.write(`${describeProgress(progress)}\n`);
      }
    },
    onResume(file, { rows, writtenAt }) {
      spinner?.stop();
      const until = writtenAt.toISOString();
      stream.write(
        `${file}: continues after row ${format(rows)}, which an earlier run had reached at ${until}; --restart begins anew\n`,
      );
    },
    onFile(summary) {
      spinner?.stop();
      stream.write(`${describeSummary(summary)}\n`);
    },
    stop() {
      spinner?.stop();
    },
  };
}

function describeProgress({ source, phase, fraction, rows, rejected }: ImportProgress): string {
  const what = phase === 'INSPECTING' ? 'inferring types' : 'writing';
  const rejects = rejected === 0 ? '' : `, ${count(rejected, 'row')} rejected`;
  return `${source}: ${what}, ${Math.floor(fraction * 100)} % (${count(rows, 'row')}${rejects})`;
}

export function describeSummary(summary: FileSummary): string {
  const { file, type, skipped, created, updated, unchanged, rejected, rows, values, seconds, rowsPerSecond } = summary;
  const lines = [
    `${file} → ${type ?? 'an export'}: ${count(rows, 'row')} in ${seconds.toFixed(1)} s (${format(Math.round(rowsPerSecond))} per second)`,
    `  ${skipped === 0 ? '' : `${format(skipped)} done before, `}${format(created)} created, ${format(updated)} updated, ${format(unchanged)} unchanged, ${format(rejected)} rejected; ${count(values, 'value')}`,
  ];
  for (const { column, key } of summary.renamed) {
    lines.push(
      `  Column ${JSON.stringify(column)} became the attribute "${key}", because the attribute of that name has another type.`,
    );
  }
  if (summary.rejectFile !== null) lines.push(`  Rejected rows, with the reasons: ${summary.rejectFile}`);
  if (summary.stopped) lines.push('  Stopped before the end. Run the same import again to continue.');
  return lines.join('\n');
}

const format = (number: number): string => number.toLocaleString('en-US');
const count = (number: number, noun: string): string => `${format(number)} ${noun}${number === 1 ? '' : 's'}`;
