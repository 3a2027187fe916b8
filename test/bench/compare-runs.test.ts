import { describe, expect, it } from 'vitest';
import { isMet } from '../../bench/suite/aim.ts';
import { lastingWorsenings, worsenings } from '../../bench/suite/compare-runs.ts';
import type { Measured } from '../../bench/suite/measure.ts';
import type { Run } from '../../bench/suite/recorded-run.ts';
import type { Metric } from '../../bench/suite/workload.ts';

const RATE: Metric = { name: 'rate', unit: 'requests/s', better: 'higher', ratio: 0.5 };
const LATENCY: Metric = { name: 'latency', unit: 'ms', better: 'lower', ratio: 1.3 };
const MEMORY: Metric = { name: 'memory', unit: 'MiB', better: 'lower' };
const same = (value: number) => ({ median: value, least: value, most: value });

/** @param ratio null if the recorded run is the baseline. */
function result(metric: Metric, ratio: number | null, atlas = 37): Measured {
  const baseline = ratio === null ? null : same(atlas / ratio);
  return {
    workload: `w ${metric.name}`,
    metric,
    atlas: same(atlas),
    baseline,
    ratio: ratio === null ? null : same(ratio),
  };
}

const recorded: Run = {
  ...{ at: '2026-01-01T00:00:00Z', machine: 'any', entities: 1, rounds: 1 },
  results: [result(RATE, 0.5), result(LATENCY, 1), result(MEMORY, null, 100)],
};
const names = (worse: readonly { readonly result: Measured }[]) => worse.map(({ result }) => result.metric.name);

describe('worsenings', () => {
  it('names what is more than 25 % worse, in the direction that is worse for the metric', () => {
    const results = [result(RATE, 0.39), result(LATENCY, 1.26), result(MEMORY, null, 126)];
    expect(names(worsenings(results, recorded))).toEqual(['rate', 'latency', 'memory']);
  });

  it('tolerates up to 25 %, and whatever is better', () => {
    expect(worsenings([result(RATE, 0.41), result(LATENCY, 1.24), result(MEMORY, null, 124)], recorded)).toEqual([]);
    expect(worsenings([result(RATE, 5), result(LATENCY, 0.1), result(MEMORY, null, 1)], recorded)).toEqual([]);
  });

  it('does not compare what has a baseline, but no aim', () => {
    const aimless: Metric = { name: 'p99', unit: 'ms', better: 'lower' };
    expect(worsenings([result(aimless, 9)], { ...recorded, results: [result(aimless, 1)] })).toEqual([]);
  });

  it('compares what a metric says of itself before that', () => {
    const guarded: Metric = { name: 'median', unit: 'ms', better: 'lower', isGuarded: true };
    const unguarded: Metric = { name: 'p99', unit: 'ms', better: 'lower', ratio: 3, isGuarded: false };
    const before = { ...recorded, results: [result(guarded, 1), result(unguarded, 1)] };
    expect(names(worsenings([result(guarded, 9), result(unguarded, 9)], before))).toEqual(['median']);
  });

  it('does not compare what was not recorded', () => {
    expect(worsenings([result({ ...RATE, name: 'other' }, 0.01)], recorded)).toEqual([]);
    expect(worsenings([result(RATE, 0.01)], null)).toEqual([]);
  });
});

describe('lastingWorsenings', () => {
  it('repeats nothing if nothing looks worse', async () => {
    const repeat = () => Promise.reject(new Error('repeated'));
    expect(await lastingWorsenings([result(RATE, 0.5)], recorded, repeat)).toEqual([]);
  });

  it('repeats only the workloads that look worse, and forgives those that do not any more', async () => {
    const repeated: string[] = [];
    const repeat = async (workload: string) => {
      repeated.push(workload);
      return [workload === 'w rate' ? result(RATE, 0.5) : result(LATENCY, 2)];
    };
    const results = [result(RATE, 0.1), result(LATENCY, 2), result(MEMORY, null, 100)];
    expect(names(await lastingWorsenings(results, recorded, repeat))).toEqual(['latency']);
    expect(repeated).toEqual(['w rate', 'w latency']);
  });

  it('does not count what only the repetition shows as worse', async () => {
    const rate = { ...result(RATE, 0.1), workload: 'w' };
    const latency = { ...result(LATENCY, 1), workload: 'w' };
    const known = { ...recorded, results: [{ ...result(RATE, 0.5), workload: 'w' }, latency] };
    const repeat = async () => [
      { ...rate, ratio: same(0.5) },
      { ...latency, ratio: same(9) },
    ];
    expect(await lastingWorsenings([rate, latency], known, repeat)).toEqual([]);
  });
});

describe('isMet', () => {
  it('compares the median of the ratios, and the own figure where there is an aim for it', () => {
    expect(isMet(result(RATE, 0.5))).toBe(true);
    expect(isMet(result(RATE, 0.49))).toBe(false);
    expect(isMet(result(LATENCY, 1.3))).toBe(true);
    expect(isMet(result({ ...RATE, own: 50 }, 0.6, 49))).toBe(false);
    expect(isMet(result(MEMORY, null, 1))).toBeNull();
  });
});
