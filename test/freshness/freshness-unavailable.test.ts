import { describe, expect, it } from 'vitest';
import { AtlasError } from '../../src/domain/errors.ts';
import { type Miss, refuse } from '../../src/freshness/freshness-unavailable.ts';
import { requirement } from '../support/requirement.ts';

const required = requirement({ fallback: 'FAIL', maxWaitMs: 250 });
const down = (code: 'SHARD_UNAVAILABLE' | 'ANALYTICS_UNAVAILABLE' | 'TIMEOUT') => new AtlasError(code, code);
const miss = (given: Partial<Miss>): Miss => ({
  source: 'REPLICA',
  shard: 's0',
  reason: 'LAG_EXCEEDED',
  lagMs: 4_210,
  ...given,
});

describe('the error of a read that nothing served', () => {
  it.each<[string, Miss, string]>([
    [
      'what was measured',
      miss({}),
      'The read requires INTERACTIVE data at most 1000 ms old with the fallback FAIL, but the replica of shard s0 lags by up to 4210 ms; use the fallback PRIMARY or accept more lag.',
    ],
    [
      'that nothing bounds the lag',
      miss({ reason: 'LAG_UNKNOWN', lagMs: null }),
      'lags by an unknown time; use the fallback PRIMARY.',
    ],
    [
      'that the token was not reached',
      miss({ reason: 'TOKEN_NOT_REACHED', lagMs: null }),
      'did not reach the consistency token within 250 ms; use the fallback PRIMARY or a longer maxWaitMs.',
    ],
    [
      'that no replica answers',
      miss({ reason: 'SOURCE_DOWN', lagMs: null, cause: down('SHARD_UNAVAILABLE') }),
      'does not answer; use the fallback PRIMARY.',
    ],
    ['which source it was', miss({ source: 'CLICKHOUSE', shard: null }), 'but ClickHouse lags by up to 4210 ms'],
  ])('says %s', (_, given, message) => {
    expect(refuse(required, [given], 700)).toMatchObject({
      code: 'FRESHNESS_UNAVAILABLE',
      message: expect.stringContaining(message),
      details: {
        requestedClass: 'INTERACTIVE',
        maxLagMs: 1_000,
        reason: given.reason,
        lagMs: given.lagMs,
        retryAfterMs: 700,
      },
    });
  });

  it.each<[string, Miss[], string]>([
    [
      "the primary's own if that is down",
      [miss({}), miss({ source: 'PRIMARY', reason: 'SOURCE_DOWN', cause: down('SHARD_UNAVAILABLE') })],
      'SHARD_UNAVAILABLE',
    ],
    [
      'ANALYTICS_UNAVAILABLE if ClickHouse is down',
      [miss({ source: 'CLICKHOUSE', reason: 'SOURCE_DOWN', cause: down('ANALYTICS_UNAVAILABLE') })],
      'ANALYTICS_UNAVAILABLE',
    ],
    [
      'TIMEOUT if a replica is busy, even if another one is too old',
      [miss({}), miss({ reason: 'SOURCE_BUSY', cause: down('TIMEOUT') })],
      'TIMEOUT',
    ],
    [
      'about the lag if one replica is down and another too old',
      [miss({ reason: 'SOURCE_DOWN', cause: down('SHARD_UNAVAILABLE') }), miss({})],
      'FRESHNESS_UNAVAILABLE',
    ],
  ])('is %s', (_, misses, code) => {
    expect(refuse(required, misses, 700)).toMatchObject({ code });
  });
});
