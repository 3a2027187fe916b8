import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Measured } from './measure.ts';

/** The sizes of a run: only runs of the same mode compare. */
export type Mode = 'full' | 'smoke';

export interface Run {
  /** ISO 8601. */
  readonly at: string;
  readonly machine: string;
  readonly entities: number;
  readonly rounds: number;
  readonly results: readonly Measured[];
}

export type RecordedRuns = Readonly<Partial<Record<Mode, Run>>>;

export function describeRun(results: readonly Measured[], size: { entities: number; rounds: number }): Run {
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, Node ${process.version}`;
  return { at: new Date().toISOString(), machine, entities: size.entities, rounds: size.rounds, results };
}

export function readRecordedRuns(file: string | URL): RecordedRuns {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RecordedRuns) : {};
}

/** Replaces what the run measured; what else is recorded of its mode stays. */
export function recordRun(file: string | URL, mode: Mode, run: Run): void {
  const runs = readRecordedRuns(file);
  const measured = new Set(run.results.map(resultKey));
  const others = (runs[mode]?.results ?? []).filter((result) => !measured.has(resultKey(result)));
  const all = { ...runs, [mode]: { ...run, results: [...others, ...run.results] } };
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
}

export function resultKey({ workload, metric }: Measured): string {
  return `${workload}, ${metric.name}`;
}
