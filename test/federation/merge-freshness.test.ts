import { describe, expect, it } from 'vitest';
import { type SubgraphFreshness, worst } from '../../examples/gateways/merge-freshness.ts';
import { decodeToken, encodeToken } from '../../src/freshness/consistency-token.ts';
import type { ReadFreshness } from '../../src/freshness/freshness.ts';
import { FreshnessCollector, freshnessHeaders } from '../../src/freshness/freshness-summary.ts';
import { readFreshness, requirement } from '../support/requirement.ts';
import { testScope } from '../support/signing-key.ts';

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
function summary(
  reads: readonly ReadFreshness[],
  token: string,
): SubgraphFreshness & Parameters<typeof freshnessHeaders>[0] {
  const collector = new FreshnessCollector();
  for (const read of reads) collector.add(read, 1);
  const found = collector.summary();
  if (found === null) throw new Error('nothing was read');
  return { ...found, token };
}

describe("a gateway's answer", () => {
  it.each([
    ['one kind of read', [[replica], [behind]]],
    ['several sources', [[primary, replica], [behind]]],
    ['a lag that is not known', [[replica], [unknown, primary]]],
    ['several requirements', [[other], [replica, other]]],
    ['primaries only', [[primary], [primary]]],
  ])('says of several responses what Atlas would say of one: %s', (_case, responses) => {
    const whole = summary(responses.flat(), 'token');
    const merged = worst(responses.map((reads) => summary(reads, 'token')));
    expect(merged?.extension).toEqual(whole);
    expect(merged?.headers).toEqual(new Map([...freshnessHeaders(whole), ['x-consistency-token', 'token']]));
  });

  it('takes the token of a response that read nothing, and measures nothing by it', () => {
    const written = { servedClass: null, maxLagMs: null, health: 'HEALTHY', reads: [], token: 'written' } as const;
    const merged = worst([written, summary([replica], 'read')]);
    expect(merged?.extension).toEqual({ ...summary([replica], 'read'), token: 'written, read' });
    expect(worst([written])).toEqual({ extension: written, headers: new Map([['x-consistency-token', 'written']]) });
  });

  it('carries the tokens of all responses, as one that Atlas accepts', () => {
    const scope = testScope('s0', 's1');
    const tokens = [
      { positions: new Map([['s0', 5n]]), catalogRevision: 3 },
      { positions: new Map([['s0', 4n]]), catalogRevision: 4 },
      { positions: new Map([['s1', 7n]]), catalogRevision: 0 },
    ];
    const texts = tokens.map((token) => encodeToken(token, scope));
    const merged = worst([...texts, ...texts].map((text) => summary([replica], text)));
    expect(decodeToken(merged?.extension.token ?? '', scope)).toEqual({
      positions: new Map([
        ['s0', 5n],
        ['s1', 7n],
      ]),
      catalogRevision: 4,
    });
    expect(merged?.headers.get('x-consistency-token')).toBe(texts.join(', '));
  });

  it('reports nothing if nothing was read', () => {
    expect(worst([])).toBeNull();
  });
});
