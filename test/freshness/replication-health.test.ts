import { expect, it } from 'vitest';
import type { ReplicationHealth } from '../../src/freshness/freshness.ts';
import { compareHealth, healthLevel, worseHealth, worstHealth } from '../../src/freshness/replication-health.ts';

const ORDER: readonly ReplicationHealth[] = ['HEALTHY', 'DEGRADED', 'DOWN'];

it('orders healthy before degraded before down', () => {
  expect(
    ['DOWN', 'HEALTHY', 'DEGRADED'].sort((a, b) => compareHealth(a as ReplicationHealth, b as ReplicationHealth)),
  ).toEqual(ORDER);
  expect(ORDER.map(healthLevel)).toEqual([2, 1, 0]);
});

it('takes the worse of two and the worst of many', () => {
  expect(worseHealth('HEALTHY', 'DEGRADED')).toBe('DEGRADED');
  expect(worseHealth('DOWN', 'DEGRADED')).toBe('DOWN');
  expect(worstHealth(['HEALTHY', 'DOWN', 'DEGRADED'])).toBe('DOWN');
  expect(worstHealth([])).toBe('HEALTHY');
});
