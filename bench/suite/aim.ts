import type { Measured } from './measure.ts';
import type { Metric } from './workload.ts';

/** Null if the metric has no aim. */
export function isMet({ metric, atlas, ratio }: Measured): boolean | null {
  const reached = [
    ...(metric.ratio === undefined || ratio === null ? [] : [reaches(metric, ratio.median, metric.ratio)]),
    ...(metric.own === undefined ? [] : [reaches(metric, atlas.median, metric.own)]),
  ];
  return reached.length === 0 ? null : reached.every((one) => one);
}

export function describeAim({ better, ratio, own, unit }: Metric): string {
  const sign = better === 'higher' ? '≥' : '≤';
  const parts = [
    ...(ratio === undefined ? [] : [`${sign} ${ratio}×`]),
    ...(own === undefined ? [] : [`${sign} ${own.toLocaleString('en')} ${unit}`]),
  ];
  return parts.join(', ');
}

function reaches({ better }: Metric, value: number, aim: number): boolean {
  return better === 'higher' ? value >= aim : value <= aim;
}
