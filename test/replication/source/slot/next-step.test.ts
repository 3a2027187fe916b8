import { describe, expect, it } from 'vitest';
import { nextStep } from '../../../../src/replication/source/slot/next-step.ts';
import type { PrimaryState, SlotState } from '../../../../src/replication/source/slot/replication-slot.ts';

const slot: SlotState = { confirmedLsn: 100n, holder: null, invalidation: null };
const primary: PrimaryState = {
  shard: 's0',
  sendsOldRows: true,
  publication: { current: '1:2,3', followed: '1:2,3', others: null },
  slot,
  end: 200n,
};
const position = { copyId: 1n, lsn: 120n, heartbeatAt: 1 };

describe('nextStep', () => {
  it('copies a shard that was never copied whole, slot or not', () => {
    expect(nextStep('s0', { ...primary, slot: null }, null)).toEqual({ kind: 'copy', reason: null });
    expect(nextStep('s0', primary, null)).toEqual({ kind: 'copy', reason: null });
  });

  it('copies a shard again if the sink has lost what the slot has released', () => {
    expect(nextStep('s0', { ...primary, slot: { ...slot, confirmedLsn: 121n } }, position)).toEqual({
      kind: 'copy',
      reason: expect.stringMatching(/up to 0\/78.* before 0\/79/),
    });
  });

  it('streams on from what the sink has', () => {
    const caughtUp = { ...primary, slot: { ...slot, confirmedLsn: 120n }, end: 120n };
    expect(nextStep('s0', primary, position)).toEqual({ kind: 'stream', from: position });
    expect(nextStep('s0', caughtUp, position)).toEqual({ kind: 'stream', from: position });
  });

  it('stands by while another process streams', () => {
    const busy = { ...primary, slot: { ...slot, holder: '"atlas replicate" from 10.0.0.1, server process 7' } };
    const step = { kind: 'standby', holder: '"atlas replicate" from 10.0.0.1, server process 7' };
    expect(nextStep('s0', busy, position)).toEqual(step);
    expect(nextStep('s0', busy, null)).toEqual(step);
  });

  it.each<[string, Partial<PrimaryState>, RegExp, { lasts: boolean }]>([
    ['the slot is missing', { slot: null }, /does not exist/, { lasts: false }],
    [
      'the slot was invalidated',
      { slot: { ...slot, invalidation: 'wal_removed' } },
      /has lost changes \(wal_removed\)/,
      { lasts: false },
    ],
    ['ClickHouse is ahead of the primary', { end: 119n }, /beyond the end of the primary's WAL/, { lasts: true }],
  ])('refuses to stream when %s; a copy repairs it', (_case, state, message, { lasts }) => {
    expect(nextStep('s0', { ...primary, ...state }, position)).toEqual({
      kind: 'failed',
      error: expect.objectContaining({ message: expect.stringMatching(message), repairedByCopy: true, lasts }),
    });
  });

  it.each<[string, Partial<PrimaryState>, RegExp]>([
    [
      'the primary is another shard',
      { shard: 's1' },
      /primary of shard s0 in ATLAS_SHARDS is a server of shard s1; correct its URL/,
    ],
    [
      'the publication has another table',
      { publication: { current: '1:2,3', followed: '1:2,3', others: 'public.note' } },
      /publishes public\.note; expected atlas\.entity, atlas\.shard and atlas\.audit alone/,
    ],
    ['old rows do not travel', { sendsOldRows: false }, /lacks REPLICA IDENTITY FULL/],
  ])('neither streams nor copies while %s', (_case, state, message) => {
    for (const reached of [position, null]) {
      expect(nextStep('s0', { ...primary, ...state }, reached)).toEqual({
        kind: 'failed',
        error: expect.objectContaining({ message: expect.stringMatching(message), repairedByCopy: false }),
      });
    }
  });

  it('refuses a primary that has not been set up', () => {
    expect(() => nextStep('s0', { ...primary, shard: null }, position)).toThrow('Shard s0 is not set up');
  });
});
