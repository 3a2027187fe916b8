import { Metrics } from '../../../src/observability/metrics.ts';

const PART_OF_HISTOGRAM = /_(bucket|count|sum)$/;
/** Prometheus adds these labels itself. */
const ADDED_LABELS = ['instance', 'job', 'le'];

interface NamedMetric {
  readonly name: string;
  /** Named in its selector. */
  readonly labels: readonly string[];
}

const registered = new Map(new Metrics().registry.getMetricsAsArray().map((metric) => [metric.name, metric]));

/** The metrics of Atlas itself, without those of Node. */
export const OWN_METRICS = [...registered.keys()].filter((name) => name.startsWith('atlas_'));

/** The metrics that an expression in PromQL names, without what recording rules make. */
export function metricsIn(expression: string): NamedMetric[] {
  const found = expression.matchAll(/(?<![\w:])((?:atlas|nodejs|process)_\w+)(?:\{([^}]*)\})?/g);
  return [...found].map(([, name = '', selector = '']) => ({
    name: familyOf(name),
    labels: [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }));
}

/** What an expression names that no process has, in words. */
export function unknownIn(expression: string): string[] {
  return metricsIn(expression).flatMap(({ name, labels }) => {
    const metric = registered.get(name);
    if (metric === undefined) return [name];
    const known = 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [];
    return labels.filter((label) => ![...known, ...ADDED_LABELS].includes(label)).map((label) => `${name}{${label}}`);
  });
}

function familyOf(name: string): string {
  return registered.has(name) ? name : name.replace(PART_OF_HISTOGRAM, '');
}
