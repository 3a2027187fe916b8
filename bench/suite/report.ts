import { describeAim, isMet } from './aim.ts';
import type { Worsening } from './compare-runs.ts';
import type { Measured } from './measure.ts';
import type { Spread } from './spread.ts';

const HEADINGS = ['workload', 'metric', 'Atlas', 'baseline', 'ratio: median (least–most)', 'aim', 'met'] as const;

/** A Markdown table. */
export function describeResults(results: readonly Measured[]): string {
  const rows = results.map((result) => [
    result.workload,
    `${result.metric.name}, ${result.metric.unit}`,
    number(result.atlas.median),
    result.baseline === null ? 'recorded run' : number(result.baseline.median),
    result.ratio === null ? `(${number(result.atlas.least)}–${number(result.atlas.most)})` : spread(result.ratio),
    describeAim(result.metric),
    verdict(isMet(result)),
  ]);
  return [HEADINGS, HEADINGS.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

export function describeWorsening({ result, recorded, factor }: Worsening): string {
  const value = ({ ratio, atlas }: Measured) => number((ratio ?? atlas).median);
  return `${result.workload}, ${result.metric.name}: ${factor.toFixed(2)} times worse, ${value(result)} after ${value(recorded)}`;
}

function verdict(isReached: boolean | null): string {
  if (isReached === null) return '';
  return isReached ? 'yes' : 'no';
}

function spread({ median, least, most }: Spread): string {
  return `${number(median)} (${number(least)}–${number(most)})`;
}

/** Three significant digits, and no digits after the point from 100 on. */
function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
