import { describe, expect, it } from 'vitest';
import { measure } from '../../bench/suite/measure.ts';
import type { Workload } from '../../bench/suite/workload.ts';

const METRICS = [{ name: 'rate', unit: '1/s', better: 'higher' as const }];

/** Rates of 10, 20, 30, … for Atlas, and of 100 for the baseline. */
function workload(given: Partial<Workload> = {}): { workload: Workload; calls: string[] } {
  const calls: string[] = [];
  let rate = 0;
  const atlas = async () => {
    calls.push('atlas');
    rate += 10;
    return { rate };
  };
  const baseline = async () => {
    calls.push('baseline');
    return { rate: 100 };
  };
  const check = async () => void calls.push('check');
  return { workload: { name: 'a: b', metrics: METRICS, check, atlas, baseline, ...given }, calls };
}

describe('measure', () => {
  it('checks once, warms up, and lets the sides begin in turns', async () => {
    const { workload: measured, calls } = workload();
    const [result] = await measure(measured, 2);
    const pairs = ['baseline', 'atlas', 'atlas', 'baseline', 'baseline', 'atlas'];
    expect(calls).toEqual(['check', ...pairs]);
    expect(result).toMatchObject({
      atlas: { median: 25, least: 20, most: 30 },
      baseline: { median: 100 },
      ratio: { median: 0.25, least: 0.2, most: 0.3 },
    });
  });

  it('counts the first round of a workload that does not warm up, and takes the median of the rounds', async () => {
    const [result] = await measure(workload({ warmsUp: false, rounds: 3 }).workload, 1);
    expect(result?.ratio).toEqual({ median: 0.2, least: 0.1, most: 0.3 });
  });

  it('has no ratio if the recorded run is the baseline', async () => {
    const [result] = await measure(workload({ baseline: null }).workload, 1);
    expect(result).toMatchObject({ atlas: { median: 20 }, baseline: null, ratio: null });
  });

  it('measures nothing if the answers differ', async () => {
    const { workload: measured, calls } = workload({ check: () => Promise.reject(new Error('different')) });
    await expect(measure(measured, 1)).rejects.toThrow('different');
    expect(calls).toEqual([]);
  });

  it('refuses a workload that does not measure what it says', async () => {
    await expect(measure(workload({ baseline: async () => ({}) }).workload, 1)).rejects.toThrow('rate');
  });
});
