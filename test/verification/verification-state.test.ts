import { describe, expect, it } from 'vitest';
import { judgeVerification } from '../../src/verification/verification-state.ts';
import type { StoredPass } from '../../src/verification/verification-store.ts';
import { NOTHING_COMPARED } from '../../src/verification/verify-shard.ts';

const PERIOD = 1_000;
/** A copy that began at 10,000 ms. */
const COPY = 10_000_000n;

const pass = (
  startedAt: number,
  facts: { differences?: number; repaired?: number; foundAt?: number; copyId?: bigint } = {},
): StoredPass => ({
  shard: 's0',
  copyId: facts.copyId ?? COPY,
  startedAt,
  reached: { tenantId: 1, entityId: 1n },
  totals: { ...NOTHING_COMPARED, differences: facts.differences ?? 0, repaired: facts.repaired ?? 0 },
  foundAt: facts.foundAt ?? 0,
  writtenAt: startedAt,
});
const judge = (completed: StoredPass | null, running: StoredPass | null, now: number) =>
  judgeVerification(COPY, { completed, running }, PERIOD, now);

describe('the state of verification', () => {
  it('is healthy while there is no copy to compare', () => {
    const state = judgeVerification(null, { completed: pass(1), running: null }, PERIOD, 1e9);
    expect(state).toMatchObject({ health: 'HEALTHY', ageMs: null });
  });

  it('is healthy until the first period after the copy has passed, and degraded after it', () => {
    expect(judge(null, null, 11_000)).toMatchObject({ health: 'HEALTHY', ageMs: 1_000, completed: null });
    expect(judge(null, null, 11_001)).toMatchObject({ health: 'DEGRADED', ageMs: 1_001 });
  });

  it('counts the age from the beginning of the last complete pass, however far the next one is', () => {
    expect(judge(pass(20_000), pass(20_500), 21_000)).toMatchObject({ health: 'HEALTHY', ageMs: 1_000 });
    expect(judge(pass(20_000), pass(20_500), 21_001)).toMatchObject({ health: 'DEGRADED', ageMs: 1_001 });
  });

  it('does not count what was found in an earlier copy', () => {
    const earlier = pass(9_000, { differences: 3, foundAt: 9_500, copyId: 1n });
    expect(judge(earlier, earlier, 10_500)).toMatchObject({ health: 'HEALTHY', differences: 0, ageMs: 500 });
  });

  it('is degraded by differences of the last complete pass that were not repaired', () => {
    expect(judge(pass(20_000, { differences: 3, repaired: 2, foundAt: 20_100 }), null, 20_500)).toMatchObject({
      health: 'DEGRADED',
      differences: 1,
    });
    expect(judge(pass(20_000, { differences: 3, repaired: 3 }), null, 20_500)).toMatchObject({ health: 'HEALTHY' });
  });

  it('is degraded as soon as the pass under way finds one', () => {
    expect(judge(pass(20_000), pass(20_500, { differences: 1, foundAt: 20_600 }), 20_700)).toMatchObject({
      health: 'DEGRADED',
      differences: 1,
    });
  });

  it('recovers once a later pass over everything found none, or repaired all', () => {
    const found = pass(20_000, { differences: 2, foundAt: 20_100 });
    expect(judge(pass(20_200, { differences: 2, repaired: 2 }), found, 20_700)).toMatchObject({ health: 'HEALTHY' });
  });
});
