import type { KafkaMessage, KafkaPartition, KafkaPlace } from '../../../connections/kafka/partition-reader.ts';
import { type DebeziumMessage, decodeDebezium, UndecodableMessageError } from './debezium-message.ts';
import { OrderSet } from './order-set.ts';
import { orderTopic, type TopicLayout } from './topic-layout.ts';
import {
  type AssembledTransaction,
  BrokenTopicError,
  type PlacedChange,
  type TopicTransactions,
} from './transaction-assembler.ts';

/** Ends of transactions that may wait for their changes. */
const MAX_ENDS = 10_000;
/** Of each partition, at least, however many there are. */
const MIN_PARTITION_BYTES = 2 ** 20;

/** What has arrived of a transaction whose turn has not come. */
interface Pending {
  readonly transaction: string;
  readonly follows: bigint | null;
  readonly orders: OrderSet;
  /** By partition: where its first change there is, and the bytes of those that are kept. */
  readonly parts: Map<number, { readonly first: KafkaPlace; bytes: number }>;
  /** Null: too many to be kept. */
  changes: PlacedChange[] | null;
  fault: string | null;
  isOver: boolean;
}

interface End {
  readonly transaction: string;
  readonly lsn: bigint;
  readonly changes: number;
  /** Of the message that follows it. */
  readonly next: KafkaPlace;
  readonly fault: string | null;
}

class Partition {
  /** In the order in which they began here. */
  readonly pending: Pending[] = [];
  next: KafkaPlace | null = null;
  bytes = 0;
  /** Whatever committed before has been read here, if it is here. */
  passed = 0n;
  /** Since the last message that could be decoded. */
  undecodable: string | null = null;
}

/**
 * Puts the transactions of a topic with several partitions together: changes are in the partition of their tenant, where transactions end is
 * in a topic of its own, with one partition. A transaction comes out once all of its changes have arrived, wherever they are, and those before it
 * have come out. So everything behind it is the same as with one partition, and has got as far as the partition that is furthest behind.
 *
 * Each change says which commit it follows. By that, a repetition is known from what is still to come, and a change that is missing from one that
 * is late: once every partition has passed the end of a transaction, none of its changes will come any more. Heartbeats come with a message for each
 * partition, so that this shows soon (`partitionMarkers`).
 */
export class TransactionJoin implements TopicTransactions {
  readonly #order: string;
  readonly #partitions: readonly Partition[];
  readonly #partitionBytes: number;
  readonly #pending = new Map<string, Pending>();
  readonly #ends: End[] = [];
  /** The end of the last commit that is in #ends, or was. */
  #known = 0n;
  /** The end of the last commit that has come out, or had been reached before. */
  #handled = 0n;
  #reached: bigint;
  /** In the topic of the ends, since the last one. */
  #undecodable: string | null = null;

  /** @param reached and @param maxBytes as of TransactionAssembler. */
  constructor(layout: TopicLayout, reached: bigint, maxBytes: number) {
    this.#order = orderTopic(layout);
    this.#partitions = Array.from({ length: layout.partitions }, () => new Partition());
    this.#partitionBytes = Math.max(MIN_PARTITION_BYTES, Math.floor(maxBytes / layout.partitions));
    this.#reached = reached;
  }

  /** Each is to be handled before the next one is asked for. */
  *take(message: KafkaMessage): Generator<AssembledTransaction, void, undefined> {
    if (message.topic === this.#order) this.#takeEnd(message);
    else this.#takeChange(message);
    for (;;) {
      const end = this.#ends[0];
      if (end === undefined) return;
      if (end.lsn <= this.#reached) {
        this.#leave(end);
        continue;
      }
      const pending = this.#pending.get(end.transaction);
      const missing = end.changes - (pending?.orders.size ?? 0);
      if (missing > 0 && !this.#partitions.every(({ passed }) => passed >= end.lsn)) return;
      const fault =
        end.fault ??
        pending?.fault ??
        (missing > 0
          ? `${missing} changes of transaction ${end.transaction} are missing, which ends at ${end.lsn}`
          : null);
      if (fault !== null) throw new BrokenTopicError(fault);
      const changes = pending === undefined ? [] : sorted(pending.changes);
      this.#leave(end);
      this.#reached = end.lsn;
      yield {
        ...{ lsn: end.lsn, transaction: end.transaction, count: end.changes, changes },
        begins: [...(pending?.parts.values() ?? [])].map(({ first }) => first),
        next: () => [end.next, ...this.#places()],
      };
    }
  }

  isWanted({ topic, partition }: KafkaPartition): boolean {
    if (topic === this.#order) return this.#ends.length < MAX_ENDS;
    const of = this.#at(partition);
    if (of.bytes <= this.#partitionBytes) return true;
    this.#leaveRepeated(of);
    const [end] = this.#ends;
    const pending = end === undefined ? undefined : this.#pending.get(end.transaction);
    // Of any other that fills a partition, the one that is waited for has all that it has there.
    if (pending !== undefined && (pending.parts.get(partition)?.bytes ?? 0) > this.#partitionBytes / 2) {
      this.#forgetChanges(pending);
    }
    return of.bytes <= this.#partitionBytes;
  }

  #takeEnd(message: KafkaMessage): void {
    const decoded = decoding(message);
    if (decoded.kind === 'undecodable' || decoded.kind === 'change') {
      this.#undecodable ??= faultOf(message, decoded.kind === 'change' ? 'it is a change' : decoded.reason);
      return;
    }
    if (decoded.kind !== 'end') return;
    const { transaction, lsn, changes } = decoded;
    const fault = this.#undecodable;
    this.#undecodable = null;
    if (lsn <= this.#known) return;
    this.#known = lsn;
    this.#ends.push({ transaction, lsn, changes, fault, next: after(message) });
  }

  #takeChange(message: KafkaMessage): void {
    const partition = this.#at(message.partition);
    partition.next = after(message);
    const decoded = decoding(message);
    if (decoded.kind === 'nothing') return;
    if (decoded.kind !== 'change') {
      const reason = decoded.kind === 'undecodable' ? decoded.reason : `it belongs into the topic ${this.#order}`;
      partition.undecodable ??= faultOf(message, reason);
      return;
    }
    const fault = partition.undecodable;
    partition.undecodable = null;
    const { transaction, order, follows, change } = decoded;
    if (follows !== null) {
      if (follows > partition.passed) partition.passed = follows;
      if (follows < this.#handled) return;
    }
    const pending = this.#pending.get(transaction) ?? this.#open(transaction, follows);
    pending.fault ??= fault;
    if (!pending.orders.add(order)) return;
    const part = pending.parts.get(message.partition) ?? this.#openPart(pending, message);
    if (pending.changes === null) return;
    const bytes = message.value?.length ?? 0;
    part.bytes += bytes;
    partition.bytes += bytes;
    pending.changes.push({ order, change });
  }

  #open(transaction: string, follows: bigint | null): Pending {
    const orders = new OrderSet();
    const pending = { transaction, follows, orders, parts: new Map(), changes: [], fault: null, isOver: false };
    this.#pending.set(transaction, pending);
    return pending;
  }

  #openPart(pending: Pending, { topic, partition, offset }: KafkaMessage) {
    const part = { first: { topic, partition, offset }, bytes: 0 };
    pending.parts.set(partition, part);
    this.#at(partition).pending.push(pending);
    return part;
  }

  #leave({ transaction, lsn }: End): void {
    this.#ends.shift();
    this.#handled = lsn;
    const pending = this.#pending.get(transaction);
    if (pending !== undefined) this.#remove(pending);
  }

  #remove(pending: Pending): void {
    pending.isOver = true;
    pending.changes = null;
    this.#pending.delete(pending.transaction);
    for (const [partition, { bytes }] of pending.parts) this.#at(partition).bytes -= bytes;
  }

  #forgetChanges(pending: Pending): void {
    pending.changes = null;
    for (const [partition, part] of pending.parts) {
      this.#at(partition).bytes -= part.bytes;
      part.bytes = 0;
    }
  }

  /** What the connector has sent again before it was known that it had come out: its end will not come a second time. */
  #leaveRepeated({ pending }: Partition): void {
    for (let first = pending[0]; first !== undefined; first = pending[0]) {
      if (!first.isOver) {
        if (first.follows === null || first.follows >= this.#handled) return;
        this.#remove(first);
      }
      pending.shift();
    }
  }

  /** Where each partition has the first change that has not come out. */
  #places(): readonly KafkaPlace[] {
    return this.#partitions.flatMap((partition, index) => {
      this.#leaveRepeated(partition);
      const place = partition.pending[0]?.parts.get(index)?.first ?? partition.next;
      return place === null ? [] : [place];
    });
  }

  #at(partition: number): Partition {
    const found = this.#partitions[partition];
    if (found === undefined) throw new RangeError(`Partition ${partition} was not asked for`);
    return found;
  }
}

function sorted(changes: PlacedChange[] | null): readonly PlacedChange[] | null {
  return changes === null ? null : changes.sort((one, other) => one.order - other.order);
}

function after({ topic, partition, offset }: KafkaMessage): KafkaPlace {
  return { topic, partition, offset: offset + 1n };
}

function faultOf({ topic, partition, offset }: KafkaMessage, reason: string): string {
  return `message ${offset} of partition ${partition} of ${topic} is not one of Debezium's connector for Postgres as Atlas configures it: ${reason}`;
}

function decoding({
  value,
}: KafkaMessage): DebeziumMessage | { readonly kind: 'undecodable'; readonly reason: string } {
  try {
    return decodeDebezium(value);
  } catch (error) {
    if (error instanceof UndecodableMessageError) return { kind: 'undecodable', reason: error.message };
    throw error;
  }
}
