import { describe, expect, it } from 'vitest';
import { nextStep } from '../../src/replication/next-step.ts';
import type { SlotState } from '../../src/replication/source/replication-slot.ts';

const slot: SlotState = { confirmedLsn: 100n, restartLsn: 90n, active: false, invalidation: null };
const position = { copyId: 1n, lsn: 120n, heartbeatAt: 1 };

describe('nextStep', () => {
  it('copies a shard that was never copied whole, slot or not', () => {
    expect(nextStep(null, null, 200n)).toEqual({ kind: 'copy' });
    expect(nextStep(slot, null, 200n)).toEqual({ kind: 'copy' });
  });

  it('streams on from what ClickHouse has', () => {
    expect(nextStep(slot, position, 200n)).toEqual({ kind: 'stream', from: position });
    expect(nextStep({ ...slot, confirmedLsn: 120n }, position, 120n)).toEqual({ kind: 'stream', from: position });
  });

  it.each([
    ['the slot is missing', null, 200n, /does not exist/],
    ['the slot was invalidated', { ...slot, invalidation: 'wal_removed' }, 200n, /has lost changes \(wal_removed\)/],
    ['the slot is ahead of ClickHouse', { ...slot, confirmedLsn: 121n }, 200n, /up to 0\/78.* before 0\/79/],
    ['ClickHouse is ahead of the primary', slot, 119n, /beyond the end of the primary's WAL/],
  ])('refuses to stream when %s', (_case, state, end, reason) => {
    expect(nextStep(state, position, end)).toEqual({ kind: 'broken', reason: expect.stringMatching(reason) });
  });
});
