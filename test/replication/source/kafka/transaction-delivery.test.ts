import { describe, expect, it } from 'vitest';
import type { Change } from '../../../../src/replication/change.ts';
import type { DebeziumChange } from '../../../../src/replication/source/kafka/debezium-message.ts';
import { decodeDebezium } from '../../../../src/replication/source/kafka/debezium-message.ts';
import { TransactionDelivery } from '../../../../src/replication/source/kafka/transaction-delivery.ts';
import { TRANSACTIONS } from './recorded.ts';

const T1 = '2024-01-01T00:00:01.000001Z';
const T2 = '2024-01-01T00:00:02.000002Z';
const T3 = '2024-01-01T00:00:03.000003Z';
const at = (text: string) => (Date.parse(`${text.slice(0, 19)}Z`) * 1_000 + Number(text.slice(20, 26))) / 1_000;

function beat(heartbeatAt: string, previous: string | null, shard = 's0', neededCatalog = 0): DebeziumChange {
  return {
    kind: 'heartbeat',
    row: { shard, heartbeatAt, neededCatalog },
    previous: { shard, heartbeatAt: previous, neededCatalog: 0 },
  };
}

function delivering(heartbeatAt: number | null = at(T1), asked: bigint[] = []) {
  const received: Change[] = [];
  const delivery = new TransactionDelivery({
    shard: 's0',
    from: { copyId: 1n, lsn: 100n, heartbeatAt },
    receiver: {
      receive: (change) => {
        received.push(change);
        return undefined;
      },
    },
    onCopyRequested: (replaced) => asked.push(replaced),
  });
  return { delivery, received, asked };
}
const [, created = ''] = TRANSACTIONS.created;
const upsert = decodeDebezium(Buffer.from(created));
if (upsert.kind !== 'change') throw new Error('A change was expected');

describe('a transaction from a topic', () => {
  it('places its changes within its commit, and the position at the end', async () => {
    const { delivery, received } = delivering();
    let stored = 0;
    await delivery.deliver(500n, { order: 1, change: beat(T2, T1, 's0', 7) });
    await delivery.deliver(500n, { order: 2, change: upsert.change });
    await delivery.end(500n, () => stored++);
    expect(received).toMatchObject([
      { kind: 'catalog', revision: 7 },
      { kind: 'heartbeat', at: at(T2) },
      { kind: 'upsert', lsn: 484n, version: (484n << 40n) | 2n },
      { kind: 'commit', lsn: 500n },
    ]);
    for (const change of received) if (change.kind === 'commit') change.acknowledge();
    expect(stored).toBe(1);
  });

  it('without a heartbeat proves nothing: neither the position nor the offset of the group advances', async () => {
    const { delivery, received } = delivering();
    await delivery.deliver(300n, { order: 1, change: upsert.change });
    await delivery.end(300n, () => expect.unreachable('nothing is stored'));
    const commit = received.at(-1);
    expect(commit).toMatchObject({ kind: 'commit', lsn: 100n });
    if (commit?.kind === 'commit') commit.acknowledge();
  });

  it('is refused if its heartbeat follows one that has not arrived', async () => {
    const { delivery, received } = delivering();
    expect(() => delivery.deliver(500n, { order: 1, change: beat(T3, T2) })).toThrow(
      `the heartbeat of ${T3} follows that of ${T2}, but the newest one that arrived is that of 2024-01-01T00:00:01.000Z`,
    );
    expect(received).toEqual([]);
  });

  it('is taken if no heartbeat is known, if it is the first one, or if the clock of the primary was set back', async () => {
    await delivering(null).delivery.deliver(500n, { order: 1, change: beat(T3, T2) });
    await delivering().delivery.deliver(500n, { order: 1, change: beat(T3, null) });
    const { delivery, received } = delivering(at(T3));
    await delivery.deliver(500n, { order: 1, change: beat(T1, T3) });
    await delivery.deliver(600n, { order: 1, change: beat(T2, T1) });
    expect(received).toHaveLength(2);
  });

  it('of another shard, without old rows, or with a TRUNCATE cannot be followed', () => {
    const deliver = (change: DebeziumChange) => () => delivering().delivery.deliver(500n, { order: 1, change });
    expect(deliver(beat(T2, T1, 's1'))).toThrow('The change stream of shard s0 comes from shard s1');
    expect(deliver({ kind: 'oldRowMissing', table: 'atlas.entity' })).toThrow(
      'atlas.entity or one of its partitions lacks',
    );
    expect(deliver({ kind: 'oldRowMissing', table: 'atlas.shard' })).toThrow('atlas.shard lacks REPLICA IDENTITY FULL');
    expect(deliver({ kind: 'truncate', table: 'atlas.entity_p3' })).toThrow('atlas.entity_p3 was truncated');
  });

  it('passes on who asks for a new copy', () => {
    const { delivery, asked } = delivering();
    void delivery.deliver(500n, { order: 1, change: { kind: 'copyRequest', replaced: 17n } });
    expect(asked).toEqual([17n]);
  });
});
