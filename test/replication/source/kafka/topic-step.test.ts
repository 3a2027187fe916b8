import { describe, expect, it } from 'vitest';
import { topicStep } from '../../../../src/replication/source/kafka/topic-step.ts';
import type { PrimaryState } from '../../../../src/replication/source/slot/replication-slot.ts';

const SLOT = { confirmedLsn: 900n, holder: '"Debezium Streaming" from 10.0.0.1, server process 7', invalidation: null };
const PRIMARY: PrimaryState = {
  ...{ shard: 's0', sendsOldRows: true, slot: SLOT, end: 1_000n },
  publication: { current: '1', followed: '1', others: null },
};
const TOPIC = { layout: { topic: 'atlas.changes.s0', partitions: 1 }, partitions: [1], holder: null };
const SIX = { ...TOPIC, layout: { ...TOPIC.layout, partitions: 6 }, partitions: [6, 1] };
const REACHED = { copyId: 1n, lsn: 500n, heartbeatAt: 1 };

describe('with a topic, the next step', () => {
  it('is to stream, wherever the slot is', () => {
    expect(topicStep('s0', PRIMARY, TOPIC, REACHED)).toEqual({ kind: 'stream', from: REACHED });
    expect(topicStep('s0', PRIMARY, SIX, REACHED)).toEqual({ kind: 'stream', from: REACHED });
    const idle = { ...PRIMARY, slot: { ...SLOT, holder: null } };
    expect(topicStep('s0', idle, TOPIC, REACHED)).toEqual({ kind: 'stream', from: REACHED });
  });

  it('is to copy if there is no copy', () => {
    expect(topicStep('s0', PRIMARY, TOPIC, null)).toEqual({ kind: 'copy', reason: null });
  });

  it('is to stand by while another process reads the topic, or the slot itself', () => {
    const holder = 'atlas-b from 10.0.0.2';
    expect(topicStep('s0', PRIMARY, { ...TOPIC, holder }, null)).toEqual({ kind: 'standby', holder });
    const slot = { ...SLOT, holder: '"atlas replicate" from 10.0.0.1, server process 7' };
    expect(topicStep('s0', { ...PRIMARY, slot }, TOPIC, REACHED)).toEqual({ kind: 'standby', holder: slot.holder });
  });

  it('waits for the topic and for the connector', () => {
    expect(() => topicStep('s0', PRIMARY, { ...TOPIC, partitions: [null] }, null)).toThrow(
      'The topic atlas.changes.s0 does not exist; create it as "atlas kafka config" says.',
    );
    expect(() => topicStep('s0', PRIMARY, { ...SIX, partitions: [6, null] }, null)).toThrow(
      'The topic atlas.changes.s0.transactions does not exist',
    );
    expect(() => topicStep('s0', { ...PRIMARY, slot: null }, TOPIC, REACHED)).toThrow('start the connector');
  });

  it.each([
    [{ ...PRIMARY, shard: 's1' }, TOPIC, 's1'],
    [{ ...PRIMARY, sendsOldRows: false }, TOPIC, 'REPLICA IDENTITY FULL'],
    [{ ...PRIMARY, end: 400n }, TOPIC, 'the primary was replaced or restored'],
    [{ ...PRIMARY, slot: { ...SLOT, invalidation: 'wal_removed' } }, TOPIC, 'has lost changes (wal_removed)'],
    [{ ...PRIMARY, publication: { current: '2', followed: '1', others: null } }, TOPIC, 'was created anew or changed'],
    [
      PRIMARY,
      { ...TOPIC, partitions: [6] },
      'atlas.changes.s0 has 6 partitions; expected 1, as ATLAS_KAFKA_PARTITIONS',
    ],
    [PRIMARY, { ...SIX, partitions: [12, 1] }, 'atlas.changes.s0 has 12 partitions; expected 6'],
    [PRIMARY, { ...SIX, partitions: [6, 6] }, 'atlas.changes.s0.transactions has 6 partitions; expected 1, because'],
  ])('is to fail where streaming would be wrong', (primary, topic, reason) => {
    const step = topicStep('s0', primary, topic, REACHED);
    expect(step.kind === 'failed' ? step.error.message : step).toContain(reason);
  });
});
