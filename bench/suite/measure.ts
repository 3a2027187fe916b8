import { type Spread, spreadOf } from './spread.ts';
import type { Figures, Metric, Workload } from './workload.ts';

export interface Measured {
  readonly workload: string;
  readonly metric: Metric;
  readonly atlas: Spread;
  /** Null if the baseline is the recorded run. */
  readonly baseline: Spread | null;
  /** Of Atlas to its baseline, by round. */
  readonly ratio: Spread | null;
}

interface Round {
  readonly atlas: Figures;
  readonly baseline: Figures | null;
}

/** Measures both sides in turns; which of them begins changes with every round. */
export async function measure(workload: Workload, rounds: number): Promise<readonly Measured[]> {
  await workload.check?.();
  const measured: Round[] = [];
  const first = workload.warmsUp === false ? 1 : 0;
  for (let round = first; round <= (workload.rounds ?? rounds); round++) {
    const both = await measureRound(workload, round % 2 === 1);
    if (round > 0) measured.push(both);
  }
  return workload.metrics.map((metric) => {
    const { name } = metric;
    const ratios = measured.flatMap(({ atlas, baseline }) =>
      baseline === null ? [] : [figure(atlas, name) / figure(baseline, name)],
    );
    const baselines = measured.flatMap(({ baseline }) => (baseline === null ? [] : [figure(baseline, name)]));
    return {
      workload: workload.name,
      metric,
      atlas: spreadOf(measured.map(({ atlas }) => figure(atlas, name))),
      baseline: baselines.length === 0 ? null : spreadOf(baselines),
      ratio: ratios.length === 0 ? null : spreadOf(ratios),
    };
  });
}

async function measureRound({ atlas, baseline }: Workload, isAtlasFirst: boolean): Promise<Round> {
  if (baseline === null) return { atlas: await atlas(), baseline: null };
  if (isAtlasFirst) {
    const mine = await atlas();
    return { atlas: mine, baseline: await baseline() };
  }
  const theirs = await baseline();
  return { atlas: await atlas(), baseline: theirs };
}

function figure(figures: Figures, name: string): number {
  const value = figures[name];
  if (value === undefined) throw new Error(`A workload did not measure its metric ${name}`);
  return value;
}
