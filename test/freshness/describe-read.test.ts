import { describe, expect, it } from 'vitest';
import { describeRead, missedBound, type Reading, servedClass } from '../../src/freshness/describe-read.ts';
import { requirement } from '../support/requirement.ts';

const reading = (given: Partial<Reading> = {}): Reading => ({
  source: 'REPLICA',
  shard: 's0',
  lagMs: 245,
  dataTimestamp: 1_700_000_000_000,
  health: 'HEALTHY',
  contains: new Map([['s0', 7n]]),
  shows: new Map([['s0', 9n]]),
  ...given,
});

describe('a reading', () => {
  it.each([
    ['meets a bound that its lag equals', reading({ lagMs: 1_000 }), null],
    ['misses a bound that its lag exceeds', reading({ lagMs: 1_001 }), 'LAG_EXCEEDED'],
    ['misses every bound when its lag is unknown', reading({ lagMs: null }), 'LAG_UNKNOWN'],
    ['meets every bound on the primary', reading({ source: 'PRIMARY', lagMs: 0 }), null],
  ])('%s', (_, given, expected) => {
    expect(missedBound(requirement(), given)).toBe(expected);
  });

  it.each([
    [0, 'REALTIME'],
    [100, 'REALTIME'],
    [101, 'INTERACTIVE'],
    [30_000, 'OPERATIONAL'],
    [300_000, 'ANALYTICAL'],
    [3_600_000, 'BATCH'],
    [3_600_001, null],
    [null, null],
  ])('with a lag of %s serves %s', (lagMs, expected) => {
    expect(servedClass(lagMs)).toBe(expected);
  });
});

describe('the freshness of a read', () => {
  it('reports that the preferred source met its bound', () => {
    expect(describeRead(requirement(), reading(), null)).toEqual({
      source: 'REPLICA',
      requested: requirement(),
      servedClass: 'INTERACTIVE',
      lagMs: 245,
      stale: false,
      fellBack: false,
      reason: 'WITHIN_BOUND',
      dataTimestamp: new Date(1_700_000_000_000),
      sourceTimestamp: new Date(1_700_000_000_000),
      health: 'HEALTHY',
      shard: 's0',
      contains: new Map([['s0', 7n]]),
      shows: new Map([['s0', 9n]]),
    });
  });

  it('of a primary that is required has no heartbeat', () => {
    const read = describeRead(requirement({ class: 'REALTIME' }), reading({ source: 'PRIMARY', lagMs: 0 }), null);
    expect(read).toMatchObject({ reason: 'PRIMARY_REQUIRED', fellBack: false, stale: false, sourceTimestamp: null });
  });

  it('reports why the preferred source was passed over', () => {
    const read = describeRead(requirement(), reading({ source: 'PRIMARY', lagMs: 0 }), 'LAG_EXCEEDED');
    expect(read).toMatchObject({ reason: 'LAG_EXCEEDED', fellBack: true, stale: false });
  });

  it('that misses its bound is stale', () => {
    expect(describeRead(requirement(), reading({ lagMs: 5_000 }), 'LAG_EXCEEDED')).toMatchObject({
      stale: true,
      fellBack: false,
      servedClass: 'OPERATIONAL',
    });
    expect(describeRead(requirement(), reading({ lagMs: null, dataTimestamp: null }), 'LAG_UNKNOWN')).toMatchObject({
      stale: true,
      servedClass: null,
      dataTimestamp: null,
    });
  });

  it('that only the primary could have given is stale from anywhere else, however small the lag', () => {
    const read = describeRead(requirement({ class: 'REALTIME', maxLagMs: 100 }), reading({ lagMs: 5 }), 'SOURCE_DOWN');
    expect(read).toMatchObject({ stale: true, fellBack: true, reason: 'SOURCE_DOWN' });
  });
});
