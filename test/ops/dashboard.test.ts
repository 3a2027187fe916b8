import { describe, expect, it } from 'vitest';
import { readProjectFile } from '../deployment/support/compose-file.ts';
import { metricsIn, OWN_METRICS, unknownIn } from './support/named-metrics.ts';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const { panels } = JSON.parse(readProjectFile('ops/grafana/atlas.json')) as { panels: Panel[] };
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

describe('the dashboard', () => {
  it('names metrics and labels that exist, and recorded series of the alerts', () => {
    expect(expressions.flatMap(unknownIn)).toEqual([]);
    const rules = readProjectFile('ops/prometheus/atlas.rules.yml');
    const recorded = expressions.flatMap((expression) => expression.match(/\batlas:[\w:]+/g) ?? []);
    expect(recorded.filter((name) => !rules.includes(`record: ${name}\n`))).toEqual([]);
  });

  it('shows every metric of Atlas', () => {
    const shown = new Set(expressions.flatMap(metricsIn).map(({ name }) => name));
    expect(OWN_METRICS.filter((name) => !shown.has(name))).toEqual([]);
  });

  it('has panels that do not overlap', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: h * w }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.filter(({ gridPos: { w, x } }) => x + w > 24)).toEqual([]);
  });
});
