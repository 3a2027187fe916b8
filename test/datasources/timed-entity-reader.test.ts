import { describe, expect, it } from 'vitest';
import type { EntityReader } from '../../src/datasources/entity-reader.ts';
import { TimedEntityReader } from '../../src/datasources/timed-entity-reader.ts';
import { MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { Metrics } from '../../src/observability/metrics.ts';

describe('a timed reader', () => {
  it('answers and fails as the reader that it times, and times both', async () => {
    const failure = new Error('down');
    const answer = { data: 7n, watermarks: new Map(), observedAt: null };
    const fail = () => Promise.reject(failure);
    const reader: EntityReader = {
      entitiesById: fail,
      entityPage: fail,
      range: fail,
      distribution: fail,
      count: async () => answer,
    };
    const metrics = new Metrics();
    const timed = new TimedEntityReader(reader, 'REPLICA', metrics);
    expect(await timed.count({ tenantId: 1, type: null, filter: MATCH_ALL })).toBe(answer);
    await expect(timed.entitiesById(1, ['1'])).rejects.toBe(failure);
    const text = await metrics.text();
    expect(text).toContain('atlas_read_duration_seconds_count{source="REPLICA",operation="count"} 1');
    expect(text).toContain('atlas_read_duration_seconds_count{source="REPLICA",operation="entitiesById"} 1');
  });
});
