import { describe, expect, it } from 'vitest';
import { countRead, countUnserved } from '../../src/datasources/routing/count-read.ts';
import { AtlasError } from '../../src/domain/errors.ts';
import type { ReadFreshness } from '../../src/freshness/freshness.ts';
import { VERSION } from '../../src/lib/version.ts';
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
        /^atlas_\w+_(seconds|bytes|total|messages|connections|health|phase|status|open|rows|reads|cost|info)$/,
      );
    }
    const labels = new Metrics().registry.getMetricsAsArray().flatMap((metric) => labelNamesOf(metric));
    expect(labels).toContain('shard');
    expect(labels.filter((label) => /tenant|entity|attribute|subject|key/.test(label))).toEqual([]);
  });

  it('count what became of the bound of each read, by class', async () => {
    const metrics = new Metrics();
    countRead(metrics, read);
    countRead(metrics, { ...read, stale: true });
    for (const code of [
      'FRESHNESS_UNAVAILABLE',
      'SHARD_UNAVAILABLE',
      'ANALYTICS_UNAVAILABLE',
      'LIMIT_EXCEEDED',
    ] as const)
      countUnserved(metrics, 'BATCH', new AtlasError(code, 'not served'));
    countUnserved(metrics, 'BATCH', new Error('the client has gone'));
    const text = await metrics.text();
    expect(text.split('\n').filter((line) => line.startsWith('atlas_freshness_reads_total{'))).toEqual([
      'atlas_freshness_reads_total{class="INTERACTIVE",outcome="met"} 1',
      'atlas_freshness_reads_total{class="INTERACTIVE",outcome="stale"} 1',
      'atlas_freshness_reads_total{class="BATCH",outcome="refused"} 1',
      'atlas_freshness_reads_total{class="BATCH",outcome="unavailable"} 2',
    ]);
  });

  it('say which version runs, and how busy its event loop is', async () => {
    const text = await new Metrics().text();
    expect(text).toContain(`atlas_build_info{version="${VERSION}"} 1`);
    expect(Number(/^atlas_event_loop_active_seconds_total (\S+)$/m.exec(text)?.[1])).toBeGreaterThan(0);
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
  });

  it('are collected just before they are read', async () => {
    const metrics = new Metrics();
    metrics.beforeScrape(() => metrics.changeStreamLagBytes.set({ shard: 's0' }, 7));
    expect(await metrics.text()).toContain('atlas_change_stream_lag_bytes{shard="s0"} 7');
  });
});
