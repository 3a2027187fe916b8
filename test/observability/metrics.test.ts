import { describe, expect, it } from 'vitest';
import { countRead } from '../../src/datasources/routing/count-read.ts';
import type { ReadFreshness } from '../../src/freshness/freshness.ts';
import { Metrics } from '../../src/observability/metrics.ts';

const read: ReadFreshness = {
  source: 'PRIMARY',
  requested: { class: 'INTERACTIVE', maxLagMs: 1000, fallback: 'PRIMARY', after: null, maxWaitMs: 0 },
  servedClass: 'REALTIME',
  lagMs: 0,
  stale: false,
  fellBack: true,
  reason: 'LAG_EXCEEDED',
  dataTimestamp: null,
  sourceTimestamp: null,
  health: 'HEALTHY',
  shard: 's0',
  contains: new Map(),
  shows: new Map(),
};

/** Which prom-client keeps, but does not declare. */
function labelNamesOf(metric: object): readonly string[] {
  return 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [];
}

describe('the metrics', () => {
  it('count reads by source, reason and class, and those that fell back', async () => {
    const metrics = new Metrics();
    countRead(metrics, read);
    countRead(metrics, { ...read, source: 'REPLICA', fellBack: false, stale: true, lagMs: null });
    const text = await metrics.text();
    expect(text).toContain('atlas_reads_total{source="PRIMARY",reason="LAG_EXCEEDED",class="INTERACTIVE"} 1');
    expect(text).toContain('atlas_read_fallbacks_total{source="PRIMARY",reason="LAG_EXCEEDED"} 1');
    expect(text).toContain('atlas_stale_reads_total{source="REPLICA",class="INTERACTIVE"} 1');
    expect(text).toContain('atlas_read_lag_seconds_count{source="PRIMARY"} 1');
    expect(text).not.toContain('atlas_read_lag_seconds_count{source="REPLICA"}');
  });

  it('are named after Atlas and a unit, and never labelled with a tenant, an entity or an attribute', async () => {
    const own = (await new Metrics().registry.getMetricsAsJSON()).filter(
      ({ name }) => !/^(process|nodejs)_/.test(name),
    );
    expect(own.length).toBeGreaterThan(10);
    for (const { name } of own) {
      expect(name).toMatch(
        /^atlas_\w+_(seconds|bytes|total|messages|connections|health|phase|status|open|rows|reads)$/,
      );
    }
    const labels = new Metrics().registry.getMetricsAsArray().flatMap((metric) => labelNamesOf(metric));
    expect(labels).toContain('shard');
    expect(labels.filter((label) => /tenant|entity|attribute|subject|key/.test(label))).toEqual([]);
  });

  it('are collected just before they are read', async () => {
    const metrics = new Metrics();
    metrics.beforeScrape(() => metrics.changeStreamLagBytes.set({ shard: 's0' }, 7));
    expect(await metrics.text()).toContain('atlas_change_stream_lag_bytes{shard="s0"} 7');
  });
});
