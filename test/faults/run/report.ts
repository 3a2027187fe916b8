import type { RunResult } from './run-faults.ts';

/** What a run did and found, as JSON. */
export function jsonReport(result: RunResult): object {
  const { tally, durations, comparison } = result;
  return {
    topology: result.topology,
    seed: result.seed,
    repeat: `npm run faults -- --seed ${result.seed} --stack ${result.topology}`,
    seconds: result.seconds,
    reads: tally.starting('read: '),
    readsWithToken: tally.of('read with a token'),
    sources: tally.starting('source: '),
    reasons: tally.starting('reason: '),
    stale: tally.of('stale'),
    refused: tally.starting('refused: '),
    refusedWhileNothingWasBroken: tally.starting('refused while nothing was broken: '),
    writes: tally.starting('write: '),
    faults: result.faults,
    durationsMs: Object.fromEntries([...durations].map(([what, each]) => [what, summary(each)])),
    compared: comparison,
    violations: result.violationCount,
    lost: comparison?.lost ?? null,
    duplicated: comparison?.duplicated ?? null,
    found: result.violations,
  };
}

/** For people: one line per figure. */
export function tableReport(result: RunResult): string {
  const { tally, durations, comparison, faults } = result;
  const reads = tally.starting('read: ');
  const rows: [string, string][] = [
    ['stack, seed, seconds', `${result.topology}, ${result.seed}, ${result.seconds}`],
    ['reads checked', `${sum(reads)}: ${list(reads)}`],
    ['of these with a token', String(tally.of('read with a token'))],
    ['sources', list(tally.starting('source: '))],
    ['reasons', list(tally.starting('reason: '))],
    ['refused', list(tally.starting('refused: '))],
    ['refused while nothing was broken', list(tally.starting('refused while nothing was broken: '))],
    ['writes', list(tally.starting('write: '))],
    ['faults', `${sum(faults)}: ${list(faults)}`],
    ...[...durations].sort().map(([what, each]): [string, string] => {
      const { count, median, slowest } = summary(each);
      return [what, `${count}×, median ${median} ms, slowest ${slowest} ms`];
    }),
    ['entities compared', comparison === null ? 'not compared' : String(comparison.entities)],
    ['lost, duplicated, different', `${comparison?.lost}, ${comparison?.duplicated}, ${comparison?.different}`],
    ['violations', String(result.violationCount)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function summary(each: readonly number[]): { count: number; median: number; slowest: number } {
  const sorted = [...each].sort((a, b) => a - b);
  return { count: each.length, median: sorted[Math.floor(each.length / 2)] ?? 0, slowest: sorted.at(-1) ?? 0 };
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, each) => total + each, 0);
}

function list(counts: Readonly<Record<string, number>>): string {
  const named = Object.entries(counts).map(([name, each]) => `${name} ${each}`);
  return named.length === 0 ? 'none' : named.join(', ');
}
