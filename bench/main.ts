/** `npm run bench -- --help` */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { useRunDirectory } from '../test/support/run-directory.ts';
import { isCompared, lastingWorsenings } from './suite/compare-runs.ts';
import { type Measured, measure } from './suite/measure.ts';
import { type BenchOptions, isChosen, parseOptions } from './suite/options.ts';
import { describeRun, type Mode, type Run, readRecordedRuns, recordRun } from './suite/recorded-run.ts';
import { describeResults, describeWorsening } from './suite/report.ts';
import type { Workload } from './suite/workload.ts';
import { Stage } from './support/stage.ts';
import { analytics } from './workloads/analytics.ts';
import { catalog } from './workloads/catalog.ts';
import { changeCapture } from './workloads/change-capture.ts';
import { httpReads } from './workloads/http-reads.ts';
import { mixed } from './workloads/mixed.ts';
import { noisyNeighbour } from './workloads/noisy-neighbour.ts';
import { peers } from './workloads/peers.ts';
import { processes } from './workloads/processes.ts';
import { reads } from './workloads/reads.ts';
import { routedRead } from './workloads/routed-read.ts';
import { storage } from './workloads/storage.ts';
import { writes } from './workloads/writes.ts';

/** By the first part of their workloads' names, in the order in which they run. */
const FILES: Readonly<Record<string, (stage: Stage) => Promise<readonly Workload[]>>> = {
  storage,
  http: httpReads,
  peers,
  reads,
  routing: routedRead,
  analytics,
  processes,
  catalog,
  mixed,
  'noisy-neighbour': noisyNeighbour,
  capture: changeCapture,
  writes,
};
/** Run only where they are named. Nobody's aim; and, in a smoke run, what depends on other servers. */
const NAMED_ONLY: Readonly<Record<Mode, readonly string[]>> = {
  full: ['noisy-neighbour'],
  smoke: ['noisy-neighbour', 'peers'],
};
const EXIT_INTERRUPTED = 130;
/** Of what looks worse. */
const REPEATED_ROUNDS = 3;
const RECORDED = new URL('recorded.json', import.meta.url);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function run(options: BenchOptions): Promise<void> {
  const startedAt = performance.now();
  const compared = options.mode === 'smoke' && !options.record;
  const recorded = readRecordedRuns(RECORDED).smoke ?? null;
  if (compared && recorded === null)
    throw new Error('Nothing is recorded to compare with; use --smoke --record first.');
  const files = chosenFiles(options);
  const starting = Stage.start(options);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void interrupt(starting));
  const stage = await starting;
  try {
    say(`Deployment started in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
    await stage.fill((tenant, { entities, seconds }) =>
      say(`Tenant ${tenant}: ${entities} entities imported in ${seconds.toFixed(1)} s`),
    );
    const results: Measured[] = [];
    for (const file of files) {
      results.push(...(await runFile(stage, file, (name) => isChosen(options, name))));
    }
    say(`\n${describeResults(results)}\n`);
    const described = describeRun(results, options);
    if (options.json !== null) writeFileSync(options.json, `${JSON.stringify(described, null, 2)}\n`);
    if (compared) await compare(stage, results, recorded);
    if (options.record) recordRun(RECORDED, options.mode, described);
    say(`${((performance.now() - startedAt) / 1_000).toFixed(0)} s in all`);
  } finally {
    await stage.stop();
  }
}

/** Leaves no server behind. */
async function interrupt(starting: Promise<Stage>): Promise<void> {
  await starting.then((stage) => stage.stop()).catch(() => {});
  rmSync(directory, { recursive: true, force: true });
  process.exit(EXIT_INTERRUPTED);
}

/** @throws CommanderError, once it has been printed, if there is none for one of the names. */
function chosenFiles(options: BenchOptions): readonly string[] {
  const files = Object.keys(FILES);
  const unknown = options.only.find((name) => !files.some((file) => isChosen({ only: [name] }, file)));
  if (unknown !== undefined) {
    const message = `No workload's name begins with "${unknown}". They begin with: ${files.join(', ')}.`;
    process.stderr.write(`${message}\n`);
    throw new CommanderError(1, 'only', message);
  }
  const unnamed = options.only.length === 0 ? NAMED_ONLY[options.mode] : [];
  return files.filter((file) => isChosen(options, file) && !unnamed.includes(file));
}

async function runFile(
  stage: Stage,
  file: string,
  chosen: (workload: string) => boolean,
  rounds: number = stage.options.rounds,
): Promise<readonly Measured[]> {
  let workloads: readonly Workload[] = [];
  try {
    workloads = (await FILES[file]?.(stage)) ?? [];
    const results: Measured[] = [];
    const { mode } = stage.options;
    for (const workload of workloads.filter(({ name }) => chosen(name))) {
      // The guard has nothing to say of it.
      if (mode === 'smoke' && !workload.metrics.some((metric) => isCompared(metric, workload.baseline === null)))
        continue;
      const startedAt = performance.now();
      try {
        results.push(...(await measure(workload, rounds)));
        say(`${workload.name}: ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
      } catch (error) {
        // The others can still be measured.
        say(`${workload.name} failed: ${error instanceof Error ? error.message : String(error)}`);
        process.exitCode = 1;
      }
    }
    return results;
  } catch (error) {
    say(`${file} failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
    return [];
  } finally {
    for (const { stop } of workloads) await stop?.();
  }
}

async function compare(stage: Stage, results: readonly Measured[], recorded: Run | null): Promise<void> {
  const worse = await lastingWorsenings(results, recorded, (workload) => {
    say(`Once more, as it looks worse: ${workload}`);
    return runFile(stage, workload.split(':')[0] ?? '', (name) => name === workload, REPEATED_ROUNDS);
  });
  for (const worsening of worse) say(describeWorsening(worsening));
  say(worse.length === 0 ? 'Nothing is 25 % worse than in the recorded run.' : `${worse.length} figures are worse.`);
  if (worse.length > 0) process.exitCode = 1;
}

const directory = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
chmodSync(directory, 0o711);
useRunDirectory(directory);
try {
  await run(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exit();
