import { describe, expect, it } from 'vitest';
import type { Answer, ReportedRead } from '../client/answer.ts';
import { checkReport } from './check-report.ts';
import type { Requirement } from './requirement.ts';

const SENT_AT = Date.parse('2026-01-01T00:00:10.000Z');
const AT = '2026-01-01T00:00:09.800Z';

const replicated: ReportedRead = {
  ...{ shard: 's0', source: 'REPLICA', requested: { class: 'INTERACTIVE', maxLagMs: 1_000, fallback: 'PRIMARY' } },
  ...{ lagMs: 210, dataTimestamp: AT, sourceTimestamp: AT, reason: 'WITHIN_BOUND', fellBack: false, stale: false },
  entities: 1,
};
const requirement: Requirement = {
  ...{ class: 'INTERACTIVE', fallback: 'PRIMARY', maxLagMs: null, after: null, maxWaitMs: null },
};

function answer(read: ReportedRead, headers: Record<string, string> = {}): Answer {
  const { lagMs, dataTimestamp, sourceTimestamp, source } = read;
  const servedClass =
    lagMs === null ? null : lagMs <= 100 ? 'REALTIME' : lagMs <= 1_000 ? 'INTERACTIVE' : 'OPERATIONAL';
  return {
    request: { query: '', variables: {}, headers: {} },
    ...{ url: '', sentAt: SENT_AT, answeredAt: SENT_AT + 20, status: 200, data: {}, errors: [] },
    headers: {
      'x-data-source': source.toLowerCase(),
      'x-data-freshness': servedClass?.toLowerCase() ?? 'unknown',
      'x-actual-lag-ms': lagMs === null ? 'unknown' : String(lagMs),
      'x-replication-health': 'healthy',
      'x-consistency-token': 'token',
      ...(dataTimestamp === null ? {} : { 'x-data-timestamp': dataTimestamp }),
      ...(sourceTimestamp === null ? {} : { 'x-source-timestamp': sourceTimestamp }),
      ...headers,
    },
    freshness: { servedClass, maxLagMs: lagMs, health: 'HEALTHY', reads: [read], token: 'token' },
  };
}

function complaints(given: Answer, asked: Requirement = requirement): string[] {
  const found: string[] = [];
  checkReport(given, asked, (_, message) => found.push(message));
  return found;
}

describe('a report of freshness', () => {
  it('that agrees with itself and the request is accepted', () => {
    expect(complaints(answer(replicated))).toEqual([]);
    const unknown = { ...replicated, lagMs: null, dataTimestamp: null, sourceTimestamp: null, stale: true };
    const asked: Requirement = { ...requirement, fallback: 'REPLICA' };
    const requested = { ...replicated.requested, fallback: 'REPLICA' };
    expect(complaints(answer({ ...unknown, requested, reason: 'LAG_UNKNOWN' }), asked)).toEqual([]);
  });

  it.each<[string, Partial<ReportedRead>]>([
    ['a lag smaller than the age of its heartbeat', { lagMs: 100 }],
    ['stale data that the strategy excludes', { lagMs: 1_500, stale: true, reason: 'LAG_EXCEEDED' }],
    ['a bound that is missed, but not marked', { lagMs: 1_500 }],
    ['a mark without cause', { stale: true, reason: 'LAG_EXCEEDED' }],
    ['a source that the class excludes', { source: 'CLICKHOUSE', fellBack: true, reason: 'SOURCE_DOWN' }],
    ['a fallback that is not said', { source: 'PRIMARY', lagMs: 0, sourceTimestamp: null }],
    ['a fallback without a reason', { source: 'PRIMARY', lagMs: 0, sourceTimestamp: null, fellBack: true }],
    ['a reason of another read', { reason: 'LAG_EXCEEDED' }],
    ['another class than requested', { requested: { ...replicated.requested, class: 'BATCH' } }],
    ['another bound than requested', { requested: { ...replicated.requested, maxLagMs: 5_000 } }],
    [
      'data from the future',
      { dataTimestamp: '2026-01-01T00:00:11.000Z', sourceTimestamp: '2026-01-01T00:00:11.000Z' },
    ],
  ])('with %s is noticed', (_, wrong) => {
    expect(complaints(answer({ ...replicated, ...wrong }))).not.toEqual([]);
  });

  it.each([
    'x-data-source',
    'x-consistency-token',
    'x-data-freshness',
    'x-actual-lag-ms',
    'x-data-timestamp',
    'x-source-timestamp',
  ])('whose header %s says something else is noticed', (name) => {
    expect(complaints(answer(replicated, { [name]: 'other' }))).toEqual([
      expect.stringContaining(`The header ${name} is other`),
    ]);
  });

  it('that is missing is noticed', () => {
    expect(complaints({ ...answer(replicated), freshness: null })).toEqual(['Data without extensions.freshness']);
  });
});
