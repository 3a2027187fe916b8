import { describe, expect, it } from 'vitest';
import { type SubgraphFreshness, worst } from '../../examples/gateways/merge-freshness.ts';
import type { ReadFreshness } from '../../src/freshness/freshness.ts';
import { FreshnessCollector, freshnessHeaders } from '../../src/freshness/freshness-summary.ts';
import { readFreshness, requirement } from '../support/requirement.ts';

const replica = readFreshness();
const behind = readFreshness({
  lagMs: 900,
  reason: 'LAG_EXCEEDED',
  stale: true,
  health: 'DEGRADED',
  dataTimestamp: new Date('2026-01-01T00:00:00.000Z'),
  sourceTimestamp: new Date('2026-01-01T00:00:00.000Z'),
});
const primary = readFreshness({ source: 'PRIMARY', lagMs: 0, sourceTimestamp: null, servedClass: 'REALTIME' });
const unknown = readFreshness({ lagMs: null, servedClass: null, dataTimestamp: null, sourceTimestamp: null });
const other = readFreshness({ requested: requirement({ maxLagMs: 500 }) });

/** `extensions.freshness` of a response with these reads. */
function summary(reads: readonly ReadFreshness[]): SubgraphFreshness & Parameters<typeof freshnessHeaders>[0] {
  const collector = new FreshnessCollector();
  for (const read of reads) collector.add(read, 1);
  const found = collector.summary();
  if (found === null) throw new Error('nothing was read');
  return found;
}

describe("a gateway's answer", () => {
  it.each([
    ['one kind of read', [[replica], [behind]]],
    ['several sources', [[primary, replica], [behind]]],
    ['a lag that is not known', [[replica], [unknown, primary]]],
    ['several requirements', [[other], [replica, other]]],
    ['primaries only', [[primary], [primary]]],
  ])('says of several responses what Atlas would say of one: %s', (_case, responses) => {
    const whole = summary(responses.flat());
    const merged = worst(responses.map(summary));
    expect(merged?.extension).toEqual(whole);
    expect(merged?.headers).toEqual(freshnessHeaders(whole));
  });

  it('reports nothing if nothing was read', () => {
    expect(worst([])).toBeNull();
  });
});
