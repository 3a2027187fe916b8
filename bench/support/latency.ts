import { quantile } from '../suite/spread.ts';
import type { Figures, Metric } from '../suite/workload.ts';

/** @param ratio what the median is to reach, as a ratio to the baseline. */
export function latencyMetrics(ratio?: number): readonly Metric[] {
  return [
    { name: 'median', unit: 'ms', better: 'lower', ...(ratio !== undefined && { ratio }) },
    { name: 'p99', unit: 'ms', better: 'lower' },
  ];
}

/** The first measurement takes so many times as long: it warms up. */
const WARM_UP = 3;

/** Measures calls one after the other, for longer the first time: code that has run for a while is faster. @param call n counts from 0. */
export function latencyOf(seconds: number, call: (n: number) => Promise<unknown>): () => Promise<Figures> {
  let isWarm = false;
  return () => {
    const rounds = isWarm ? 1 : WARM_UP;
    isWarm = true;
    return measureLatency(seconds * rounds, call);
  };
}

/** Calls one after the other for so long, at least three. @param call n counts from 0. */
export async function measureLatency(seconds: number, call: (n: number) => Promise<unknown>): Promise<Figures> {
  const taken: number[] = [];
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until || taken.length < 3) {
    const startedAt = performance.now();
    await call(taken.length);
    taken.push(performance.now() - startedAt);
  }
  taken.sort((a, b) => a - b);
  return { median: quantile(taken, 0.5), p99: quantile(taken, 0.99) };
}
