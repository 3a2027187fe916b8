import { describe, expect, it } from 'vitest';
import type { ReadFreshness } from '../../src/freshness/freshness.ts';
import { FreshnessCollector, freshnessHeaders } from '../../src/freshness/freshness-summary.ts';
import { readFreshness, requirement } from '../support/requirement.ts';

function summarize(...reads: [Partial<ReadFreshness>, number][]) {
  const collector = new FreshnessCollector();
  for (const [read, entities] of reads) collector.add(readFreshness(read), entities);
  return collector.summary();
}

const at = (iso: string) => ({ dataTimestamp: new Date(iso), sourceTimestamp: new Date(iso) });
const OLD = at('2026-01-01T00:00:00.000Z');
const NEW = at('2026-01-01T00:00:01.000Z');
const PRIMARY = { source: 'PRIMARY', lagMs: 0, servedClass: 'REALTIME', sourceTimestamp: null } as const;

describe('the summary of a request', () => {
  it('is null if nothing was read', () => {
    expect(summarize()).toBeNull();
  });

  it('has the shape of the public contract', () => {
    expect(summarize([{}, 12])).toEqual({
      servedClass: 'INTERACTIVE',
      maxLagMs: 245,
      health: 'HEALTHY',
      reads: [
        {
          shard: 's0',
          source: 'REPLICA',
          requested: { class: 'INTERACTIVE', maxLagMs: 1_000, fallback: 'PRIMARY' },
          lagMs: 245,
          dataTimestamp: '2026-01-02T03:04:05.678Z',
          sourceTimestamp: '2026-01-02T03:04:05.678Z',
          reason: 'WITHIN_BOUND',
          fellBack: false,
          stale: false,
          entities: 12,
        },
      ],
    });
  });

  it('merges reads of one shard, source and requirement by their largest lag', () => {
    const summary = summarize(
      [{ ...NEW, lagMs: 10 }, 3],
      [{ ...OLD, lagMs: 4_000, stale: true, reason: 'LAG_EXCEEDED' }, 4],
      [{ ...NEW, lagMs: 20 }, 5],
    );
    expect(summary?.reads).toHaveLength(1);
    expect(summary?.reads[0]).toMatchObject({
      lagMs: 4_000,
      reason: 'LAG_EXCEEDED',
      stale: true,
      entities: 12,
      dataTimestamp: '2026-01-01T00:00:00.000Z',
    });
    expect(summary).toMatchObject({ servedClass: 'OPERATIONAL', maxLagMs: 4_000 });
  });

  it('keeps shards, sources and requirements apart', () => {
    const summary = summarize(
      [{}, 1],
      [{ shard: 's1' }, 1],
      [{ ...PRIMARY }, 1],
      [{ requested: requirement({ maxLagMs: 500 }) }, 1],
      [{ requested: requirement({ fallback: 'FAIL' }) }, 1],
    );
    expect(summary?.reads).toHaveLength(5);
  });

  it('never hides an unknown lag behind a known one', () => {
    const unknown = {
      lagMs: null,
      dataTimestamp: null,
      sourceTimestamp: null,
      reason: 'LAG_UNKNOWN',
      stale: true,
    } as const;
    for (const reads of [
      [{}, unknown],
      [unknown, {}],
    ] as const) {
      const summary = summarize([reads[0], 1], [reads[1], 1]);
      expect(summary).toMatchObject({ maxLagMs: null, servedClass: null });
      expect(summary?.reads[0]).toMatchObject({ lagMs: null, dataTimestamp: null, reason: 'LAG_UNKNOWN', stale: true });
    }
  });

  it('takes the worst health', () => {
    expect(summarize([{ health: 'DOWN' }, 1], [{ health: 'DEGRADED' }, 1])?.health).toBe('DOWN');
  });
});

describe('the token of a request', () => {
  it('is null if nothing was read or written', () => {
    expect(new FreshnessCollector().token()).toBeNull();
  });

  it('covers what every read shows and was required to contain, and what was noted besides', () => {
    const collector = new FreshnessCollector();
    const after = {
      positions: new Map([
        ['s0', 5n],
        ['s1', 6n],
      ]),
      catalogRevision: 3,
    };
    collector.add(readFreshness({ shows: new Map([['s0', 4n]]), requested: requirement({ after }) }), 1);
    collector.add(
      readFreshness({
        shows: new Map([
          ['s0', 9n],
          ['s2', 1n],
        ]),
      }),
      1,
    );
    collector.cover({ positions: new Map([['s1', 7n]]), catalogRevision: 8 });
    const positions = new Map([
      ['s0', 9n],
      ['s1', 7n],
      ['s2', 1n],
    ]);
    expect(collector.token()).toEqual({ positions, catalogRevision: 8 });
  });
});

describe('the response headers', () => {
  const headers = (...reads: Partial<ReadFreshness>[]) => {
    const summary = summarize(...reads.map((read): [Partial<ReadFreshness>, number] => [read, 1]));
    return summary === null ? null : Object.fromEntries(freshnessHeaders(summary));
  };

  it('list the sources, and the worst of all other values', () => {
    expect(
      headers({ ...NEW, lagMs: 10 }, { ...PRIMARY, dataTimestamp: OLD.dataTimestamp }, { ...NEW, shard: 's1' }),
    ).toEqual({
      'x-data-source': 'replica, primary',
      'x-data-freshness': 'interactive',
      'x-actual-lag-ms': '245',
      'x-data-timestamp': '2026-01-01T00:00:00.000Z',
      'x-source-timestamp': '2026-01-01T00:00:01.000Z',
      'x-replication-health': 'healthy',
    });
  });

  it('name no heartbeat if only primaries were read', () => {
    expect(headers(PRIMARY)).not.toHaveProperty('x-source-timestamp');
  });

  it('report an unknown lag as unknown, never 0', () => {
    const unknown = headers({ lagMs: null, dataTimestamp: null, sourceTimestamp: null }, PRIMARY);
    expect(unknown).toMatchObject({ 'x-actual-lag-ms': 'unknown', 'x-data-freshness': 'unknown' });
    expect(unknown).not.toHaveProperty('x-data-timestamp');
    expect(unknown).not.toHaveProperty('x-source-timestamp');
  });
});
