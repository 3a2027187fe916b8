import { describe, expect, it } from 'vitest';
import type { FallbackStrategy, FreshnessClass, RouteReason } from '../../src/freshness/freshness.ts';
import type { SourceState } from '../../src/freshness/replication-state.ts';
import { reasonToSkip, routeShard } from '../../src/freshness/route.ts';
import { requirement } from '../support/requirement.ts';

const lagging = (probedLagMs: number): SourceState => ({
  answeredAt: 0,
  health: 'HEALTHY',
  lagMs: probedLagMs + 300,
  probedLagMs,
});
const DOWN: SourceState = { answeredAt: null, health: 'DOWN', lagMs: null, probedLagMs: null };
/** It answers, but before the first heartbeat nothing bounds its lag. */
const UNMEASURED: SourceState = { ...DOWN, answeredAt: 0 };
const UNKNOWN: SourceState = { answeredAt: 0, health: 'DEGRADED', lagMs: null, probedLagMs: null };

function route(
  freshnessClass: FreshnessClass,
  fallback: FallbackStrategy,
  replicas: SourceState[],
  passedOver: RouteReason | null = null,
): { servers: string; passedOver: RouteReason | null } {
  const { servers, passedOver: why } = routeShard(
    requirement({ class: freshnessClass, fallback }),
    replicas,
    passedOver,
  );
  return {
    servers: servers.map((server) => (server.source === 'PRIMARY' ? 'primary' : `r${server.replica}`)).join(' '),
    passedOver: why,
  };
}

describe('the route of a shard', () => {
  it.each<[FreshnessClass, FallbackStrategy, SourceState[], string, RouteReason | null]>([
    ['REALTIME', 'PRIMARY', [lagging(1)], 'primary', null],
    ['REALTIME', 'FAIL', [lagging(1)], 'primary', null],
    ['REALTIME', 'REPLICA', [lagging(1)], 'primary r0', null],
    ['INTERACTIVE', 'PRIMARY', [lagging(1)], 'r0 primary', null],
    ['INTERACTIVE', 'PRIMARY', [lagging(1_001)], 'primary', 'LAG_EXCEEDED'],
    ['INTERACTIVE', 'PRIMARY', [lagging(1_001), lagging(5)], 'r1 primary', null],
    ['INTERACTIVE', 'PRIMARY', [DOWN], 'primary', 'SOURCE_DOWN'],
    ['INTERACTIVE', 'PRIMARY', [DOWN, lagging(2_000)], 'primary', 'LAG_EXCEEDED'],
    ['INTERACTIVE', 'PRIMARY', [UNKNOWN], 'r0 primary', null],
    ['INTERACTIVE', 'PRIMARY', [], 'primary', 'NO_REPLICA'],
    ['INTERACTIVE', 'FAIL', [lagging(1)], 'r0', null],
    ['INTERACTIVE', 'FAIL', [lagging(1_001)], 'r0', null],
    ['INTERACTIVE', 'FAIL', [DOWN], 'r0', null],
    ['INTERACTIVE', 'FAIL', [], 'primary', 'NO_REPLICA'],
    ['INTERACTIVE', 'REPLICA', [lagging(1_001)], 'r0 primary', null],
    ['INTERACTIVE', 'REPLICA', [DOWN], 'primary', 'SOURCE_DOWN'],
    ['INTERACTIVE', 'REPLICA', [UNMEASURED, lagging(5)], 'r1 r0 primary', null],
    ['INTERACTIVE', 'PRIMARY', [UNMEASURED], 'primary', 'LAG_UNKNOWN'],
    ['INTERACTIVE', 'PRIMARY', [DOWN, UNMEASURED], 'primary', 'LAG_UNKNOWN'],
    ['OPERATIONAL', 'PRIMARY', [lagging(9), lagging(3), lagging(5)], 'r1 r2 r0 primary', null],
    ['OPERATIONAL', 'FAIL', [DOWN, UNKNOWN, lagging(5)], 'r2 r1 r0', null],
  ])('for %s with %s over %j is %s', (freshnessClass, fallback, replicas, servers, passedOver) => {
    expect(route(freshnessClass, fallback, replicas)).toEqual({ servers, passedOver });
  });

  it.each(['FAIL', 'PRIMARY', 'REPLICA'] as const)(
    'for a shard without replicas is its primary, which is not a source that is down, with the strategy %s',
    (fallback) => {
      for (const freshnessClass of ['INTERACTIVE', 'OPERATIONAL'] as const) {
        expect(route(freshnessClass, fallback, [])).toEqual({ servers: 'primary', passedOver: 'NO_REPLICA' });
      }
      expect(route('REALTIME', fallback, [])).toEqual({ servers: 'primary', passedOver: null });
      // ClickHouse, not the missing replica, is why analytics are read here.
      expect(route('ANALYTICAL', fallback, [], 'LAG_EXCEEDED')).toEqual({
        servers: 'primary',
        passedOver: 'LAG_EXCEEDED',
      });
    },
  );

  it.each<[FallbackStrategy, SourceState[], string]>([
    ['PRIMARY', [lagging(1)], 'primary'],
    ['REPLICA', [lagging(1)], 'r0 primary'],
    ['REPLICA', [lagging(4_000_000)], 'r0 primary'],
    ['REPLICA', [], 'primary'],
  ])('once ClickHouse was passed over, goes on with %s and still says why', (fallback, replicas, servers) => {
    expect(route('BATCH', fallback, replicas, 'TOKEN_NOT_REACHED')).toEqual({
      servers,
      passedOver: 'TOKEN_NOT_REACHED',
    });
  });
});

describe('a source', () => {
  it('is skipped by what the probe found, not by the time since the probe', () => {
    const probed: SourceState = { answeredAt: 0, health: 'HEALTHY', lagMs: 1_300, probedLagMs: 900 };
    expect(reasonToSkip(requirement(), 'REPLICA', probed)).toBeNull();
  });

  it('is always read if the strategy is FAIL, because only the read itself can refuse', () => {
    expect(reasonToSkip(requirement({ fallback: 'FAIL' }), 'CLICKHOUSE', lagging(99_999_999))).toBeNull();
    expect(reasonToSkip(requirement({ fallback: 'FAIL' }), 'CLICKHOUSE', DOWN)).toBeNull();
  });

  it('is skipped over its bound unless it is a replica that may be stale', () => {
    expect(reasonToSkip(requirement({ fallback: 'REPLICA' }), 'CLICKHOUSE', lagging(2_000))).toBe('LAG_EXCEEDED');
    expect(reasonToSkip(requirement({ fallback: 'REPLICA' }), 'REPLICA', lagging(2_000))).toBeNull();
  });
});
