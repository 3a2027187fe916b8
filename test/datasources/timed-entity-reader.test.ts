import { describe, expect, it } from 'vitest';
import type { EntityReader } from '../../src/datasources/entity-reader.ts';
import { count } from '../../src/datasources/questions/count.ts';
import { entitiesById } from '../../src/datasources/questions/entities-by-id.ts';
import { TimedEntityReader } from '../../src/datasources/timed-entity-reader.ts';
import { MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { Metrics } from '../../src/observability/metrics.ts';

describe('a timed reader', () => {
  it('answers and fails as the reader that it times, and times both', async () => {
    const failure = new Error('down');
    const answer = { data: 7n, watermarks: new Map(), observedAt: null };
    const reader: EntityReader = {
      ask: async ({ name }) => {
        if (name === 'count') return answer as never;
        throw failure;
      },
    };
    const { signal } = new AbortController();
    const metrics = new Metrics();
    const timed = new TimedEntityReader(reader, 'REPLICA', metrics);
    expect(await timed.ask(count({ tenantId: 1, type: null, filter: MATCH_ALL }), signal)).toBe(answer);
    await expect(timed.ask(entitiesById({ tenantId: 1, shard: 's0', ids: ['1'] }), signal)).rejects.toBe(failure);
    const text = await metrics.text();
    expect(text).toContain('atlas_read_duration_seconds_count{source="REPLICA",operation="count"} 1');
    expect(text).toContain('atlas_read_duration_seconds_count{source="REPLICA",operation="entitiesById"} 1');
  });
});
