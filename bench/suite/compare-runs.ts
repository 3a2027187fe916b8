import type { Measured } from './measure.ts';
import { type Run, resultKey } from './recorded-run.ts';
import type { Metric } from './workload.ts';

/** What a run may be worse by, as a factor: machines are noisy. */
const TOLERANCE = 1.25;

export interface Worsening {
  readonly result: Measured;
  readonly recorded: Measured;
  /** How many times worse. */
  readonly factor: number;
}

/**
 * What is more than 25 % worse than in the recorded run: the ratio to the baseline, so that the machines need not be equal, or, where
 * the recorded run is the baseline, the figure itself. What was not recorded cannot be worse.
 */
export function worsenings(results: readonly Measured[], recorded: Run | null): readonly Worsening[] {
  const before = new Map((recorded?.results ?? []).map((result) => [resultKey(result), result]));
  return results.flatMap((result) => {
    const known = before.get(resultKey(result));
    if (known === undefined || !isCompared(result.metric, result.ratio === null)) return [];
    const [now, then] = [compared(result), compared(known)];
    const factor = result.metric.better === 'higher' ? then / now : now / then;
    return factor > TOLERANCE ? [{ result, recorded: known, factor }] : [];
  });
}

/** @param hasNoBaseline but the recorded run. */
export function isCompared({ ratio, own, isGuarded }: Metric, hasNoBaseline: boolean): boolean {
  return isGuarded ?? (hasNoBaseline || ratio !== undefined || own !== undefined);
}

function compared({ ratio, atlas }: Measured): number {
  return (ratio ?? atlas).median;
}

/**
 * Measures again each workload of which something is worse. What is worse both times is worse.
 * @param repeat measures a workload by its name.
 */
export async function lastingWorsenings(
  results: readonly Measured[],
  recorded: Run | null,
  repeat: (workload: string) => Promise<readonly Measured[]>,
): Promise<readonly Worsening[]> {
  const worse = worsenings(results, recorded);
  const lasting: Worsening[] = [];
  for (const workload of new Set(worse.map(({ result }) => result.workload))) {
    const suspected = new Set(worse.map(({ result }) => resultKey(result)));
    const again = worsenings(await repeat(workload), recorded);
    lasting.push(...again.filter(({ result }) => suspected.has(resultKey(result))));
  }
  return lasting;
}
