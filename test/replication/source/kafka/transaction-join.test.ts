import { describe, expect, it } from 'vitest';
import type { KafkaMessage, KafkaPlace } from '../../../../src/connections/kafka/partition-reader.ts';
import type { AssembledTransaction } from '../../../../src/replication/source/kafka/transaction-assembler.ts';
import { TransactionJoin } from '../../../../src/replication/source/kafka/transaction-join.ts';

const LAYOUT = { topic: 'changes', partitions: 3 };
const ORDER = 'changes.transactions';
const MAX_BYTES = 32 * 2 ** 20;

interface Transaction {
  readonly id: number;
  /** The end of its commit. */
  readonly lsn: number;
  /** In which partition each of its changes is. */
  readonly changes: readonly number[];
}

/** A topic, as the connector writes it: messages of each partition in order, that of the ends being the last one. */
type Logs = readonly KafkaMessage[][];

const text = (value: object) => Buffer.from(JSON.stringify(value));
const emptyLogs = (): Logs => Array.from({ length: LAYOUT.partitions + 1 }, () => []);

function append(logs: Logs, index: number, value: Buffer | null): void {
  const log = logs[index] ?? [];
  const partition = index === LAYOUT.partitions ? 0 : index;
  const topic = index === LAYOUT.partitions ? ORDER : LAYOUT.topic;
  log.push({ topic, partition, offset: BigInt(log.length), value });
}

/** @param from repeats from this change on, as a connector does that begins again. */
function send(logs: Logs, { id, lsn, changes }: Transaction, follows: number, from = 0, bytes = 0): void {
  append(logs, LAYOUT.partitions, text({ status: 'BEGIN', id: `${id}:${lsn - 90}` }));
  for (const [index, partition] of changes.entries()) {
    if (index < from) continue;
    const at = lsn - 90 + index;
    const source = { snapshot: 'false', sequence: `["${follows}","${at}"]` };
    const transaction = { id: `${id}:${at}`, total_order: index + 1 };
    append(
      logs,
      partition,
      text({ op: 'm', source, transaction, message: { prefix: 'x'.repeat(bytes), content: '' } }),
    );
  }
  append(logs, LAYOUT.partitions, text({ status: 'END', id: `${id}:${lsn}`, event_count: changes.length }));
}

function written(transactions: readonly Transaction[]): Logs {
  const logs = emptyLogs();
  for (const [index, one] of transactions.entries()) send(logs, one, transactions[index - 1]?.lsn ?? 0);
  return logs;
}

/** The same numbers at every run. */
function randomly(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Reading {
  readonly join: TransactionJoin;
  /** Where each log goes on. */
  readonly at: number[];
}

const reading = (reached = 0, at: readonly number[] = [0, 0, 0, 0], maxBytes = MAX_BYTES): Reading => ({
  join: new TransactionJoin(LAYOUT, BigInt(reached), maxBytes),
  at: [...at],
});

/** Takes the next message of a log, if there is one and it is wanted. @returns null: neither. */
function step({ join, at }: Reading, logs: Logs, index: number): Iterable<AssembledTransaction> | null {
  const message = logs[index]?.[at[index] ?? 0];
  if (message === undefined || !join.isWanted(message)) return null;
  at[index] = Number(message.offset) + 1;
  return join.take(message);
}

/** One log after the other, in this order. */
function readAll(logs: Logs, order: readonly number[], from = reading()): AssembledTransaction[] {
  const found: AssembledTransaction[] = [];
  for (const index of order) {
    for (let taken = step(from, logs, index); taken !== null; taken = step(from, logs, index)) found.push(...taken);
  }
  return found;
}

const A = { id: 1, lsn: 100, changes: [0, 1, 0] };
const B = { id: 2, lsn: 200, changes: [1] };
const MARKERS = { id: 3, lsn: 300, changes: [0, 1, 2] };
const ids = (found: readonly AssembledTransaction[]) => found.map(({ transaction }) => Number(transaction));
const offsets = (places: readonly KafkaPlace[]) =>
  [...places].map(({ topic, partition, offset }) => `${topic}/${partition}:${offset}`).sort();

describe('transactions over several partitions', () => {
  it('come out whole and in the order of their commits, whichever partition is read first', () => {
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 3, 0, 2],
    ]) {
      const found = readAll(written([A, B, MARKERS]), order);
      expect(ids(found)).toEqual([1, 2, 3]);
      expect(found.map(({ changes }) => changes?.map(({ order }) => order))).toEqual([[1, 2, 3], [1], [1, 2, 3]]);
    }
  });

  it('wait for the partition that is furthest behind, however far the others are', () => {
    const logs = written([A, B, MARKERS]);
    const behind = reading();
    expect(ids(readAll(logs, [3, 1, 2], behind))).toEqual([]);
    expect([...(step(behind, logs, 0) ?? [])]).toEqual([]);
    expect(ids([...(step(behind, logs, 0) ?? [])])).toEqual([1, 2]);
    expect(ids([...(step(behind, logs, 0) ?? [])])).toEqual([3]);
  });

  it('let the group begin, in each partition, at what has not come out', () => {
    const logs = written([A, B, MARKERS]);
    const places: string[][] = [];
    const from = reading();
    for (const index of [3, 1, 2, 0, 0, 0]) {
      for (let taken = step(from, logs, index); taken !== null; taken = index === 0 ? null : step(from, logs, index)) {
        for (const { next } of taken) places.push(offsets(next()));
      }
    }
    expect(places).toEqual([
      ['changes.transactions/0:2', 'changes/0:2', 'changes/1:1', 'changes/2:0'],
      ['changes.transactions/0:4', 'changes/0:2', 'changes/1:2', 'changes/2:0'],
      ['changes.transactions/0:6', 'changes/0:3', 'changes/1:3', 'changes/2:1'],
    ]);
  });

  it('are as they were written whatever is read when, repeated, and begun again', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomly(seed);
      const all = Array.from({ length: 30 }, (_, index) => ({
        ...{ id: 800 + index, lsn: 100 * (index + 1) },
        changes: index % 5 === 4 ? [0, 1, 2] : Array.from({ length: random(4) }, () => random(3)),
      }));
      const logs = emptyLogs();
      for (let index = 0, restarts = 0; index < all.length; index++) {
        const one = all[index] ?? A;
        const follows = all[index - 1]?.lsn ?? 0;
        send(logs, one, follows);
        // The connector begins again, a few transactions before, within one of them.
        if (restarts < 4 && random(6) === 0) {
          restarts++;
          const again = Math.max(0, index - random(4));
          for (let repeated = again; repeated <= index; repeated++) {
            const known = all[repeated] ?? A;
            const within = repeated === again ? random(known.changes.length + 1) : 0;
            send(logs, known, all[repeated - 1]?.lsn ?? 0, within);
          }
        }
      }
      const found: AssembledTransaction[] = [];
      let began: readonly number[] = [0, 0, 0, 0];
      let from = reading();
      let acknowledged: { lsn: number; places: readonly KafkaPlace[]; count: number } | null = null;
      while (found.length < all.length) {
        for (const transaction of step(from, logs, random(4)) ?? []) {
          found.push(transaction);
          const { lsn, next } = transaction;
          if (random(3) === 0) acknowledged = { lsn: Number(lsn), places: next(), count: found.length };
        }
        if (acknowledged !== null && random(150) === 0) {
          const { lsn, places, count } = acknowledged;
          found.length = count;
          const at = [0, 1, 2, 3].map((index) => {
            const isOrder = index === LAYOUT.partitions;
            const place = places.find(({ topic, partition }) =>
              isOrder ? topic === ORDER : topic === LAYOUT.topic && partition === index,
            );
            // Of a partition of which nothing was read, nothing is stored.
            return Number(place?.offset ?? began[index]);
          });
          began = at;
          from = reading(lsn, at);
        }
      }
      expect(found.map(({ lsn, changes }) => [Number(lsn), changes?.length])).toEqual(
        all.map(({ lsn, changes }) => [lsn, changes.length]),
      );
    }
  });

  it('keep a bounded part of what arrives too early, and nothing of one that is too large', () => {
    const logs = emptyLogs();
    const large = { id: 1, lsn: 100, changes: [...Array(30).fill(0), 1] };
    const later = Array.from({ length: 40 }, (_, index) => ({ id: 2 + index, lsn: 200 + index * 10, changes: [2] }));
    send(logs, large, 0, 0, 100_000);
    for (const [index, one] of later.entries()) send(logs, one, later[index - 1]?.lsn ?? 100, 0, 100_000);
    const from = reading(0, [0, 0, 0, 0], 3 * 2 ** 20);
    expect(readAll(logs, [0, 2], from)).toEqual([]);
    // A MB each.
    expect(from.at).toEqual([11, 0, 11, 0]);
    expect(readAll(logs, [3, 0], from)).toEqual([]);
    expect(from.at).toEqual([30, 0, 11, 82]);
    const [first, ...others] = readAll(logs, [1, 2], from);
    expect(first).toMatchObject({ transaction: '1', changes: null, count: 31 });
    expect(offsets(first?.begins ?? [])).toEqual(['changes/0:0', 'changes/1:0']);
    expect(ids(others)).toEqual(later.map(({ id }) => id));
  });
});

describe('what was reached before', () => {
  it('does not hold the group back where its end is not read any more', () => {
    const places: string[][] = [];
    const logs = written([A, B, MARKERS]);
    const from = reading(100, [0, 0, 0, 2]);
    for (const index of [0, 1, 2, 3]) {
      for (let taken = step(from, logs, index); taken !== null; taken = step(from, logs, index)) {
        for (const { next } of taken) places.push(offsets(next()));
      }
    }
    expect(places.at(-1)).toEqual(['changes.transactions/0:6', 'changes/0:3', 'changes/1:3', 'changes/2:1']);
  });

  it('takes no room when the connector sends it again within another transaction', () => {
    const logs = emptyLogs();
    const first = { id: 1, lsn: 100, changes: Array(12).fill(0) };
    const second = { id: 2, lsn: 200, changes: [0, 0] };
    send(logs, first, 0, 0, 100_000);
    const [begin] = written([first, second])[0]?.slice(12) ?? [];
    append(logs, 0, begin?.value ?? null);
    send(logs, first, 0, 0, 100_000);
    send(logs, second, 100);
    const from = reading(0, [0, 0, 0, 0], 3 * 2 ** 20);
    expect(ids(readAll(logs, [0, 3, 0, 3, 0, 3], from))).toEqual([1, 2]);
  });
});

describe('a topic with several partitions is broken', () => {
  /** As if it had never been sent: a tombstone is none. */
  const drop = (logs: Logs, index: number, at: number) =>
    logs.map((log, of) =>
      log.map((message, place) => (of === index && place === at ? { ...message, value: null } : message)),
    );

  it('if a change is missing, once every partition has got beyond its transaction', () => {
    const logs = drop(written([A, B, MARKERS]), 1, 0);
    const from = reading();
    expect(readAll(logs, [3, 0, 1], from)).toEqual([]);
    expect(() => readAll(logs, [2], from)).toThrow('1 changes of transaction 1 are missing, which ends at 100');
    expect(ids(readAll(logs, [3, 0, 1, 2], reading(100)))).toEqual([2, 3]);
    // The very next transaction shows it.
    const next = drop(written([A, { ...MARKERS, lsn: 200 }]), 0, 1);
    expect(() => readAll(next, [3, 0, 1, 2])).toThrow('1 changes of transaction 1 are missing');
  });

  it('by a message that is not one of the connector, unless all that it could be has been reached', () => {
    for (const [index, reason] of [
      [0, 'message 0 of partition 0 of changes is not one of'],
      [3, 'message 0 of partition 0 of changes.transactions is not one of'],
    ] as const) {
      const logs = emptyLogs();
      append(logs, index, Buffer.from('poison'));
      for (const [at, one] of [A, B, MARKERS].entries()) send(logs, one, [A, B, MARKERS][at - 1]?.lsn ?? 0);
      expect(() => readAll(logs, [0, 1, 2, 3])).toThrow(reason);
      expect(ids(readAll(logs, [0, 1, 2, 3], reading(100)))).toEqual([2, 3]);
    }
  });

  it('by a change among the ends, or an end among the changes', () => {
    const logs = emptyLogs();
    append(logs, 0, text({ status: 'END', id: '9:90', event_count: 0 }));
    send(logs, A, 0);
    expect(() => readAll(logs, [0, 1, 2, 3])).toThrow('it belongs into the topic changes.transactions');
    const [change] = written([A])[0] ?? [];
    const ends = emptyLogs();
    append(ends, 3, change?.value ?? null);
    send(ends, A, 0);
    expect(() => readAll(ends, [0, 1, 2, 3])).toThrow('of changes.transactions is not one of');
  });
});
