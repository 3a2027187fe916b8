import type { KafkaMessage, KafkaPartition, KafkaPlace } from '../../../connections/kafka/partition-reader.ts';
import {
  type DebeziumChange,
  type DebeziumMessage,
  decodeDebezium,
  UndecodableMessageError,
} from './debezium-message.ts';

/** A change with its place in its transaction. */
export interface PlacedChange {
  readonly order: number;
  readonly change: DebeziumChange;
}

/** What is known once the end of a transaction has been read. */
export interface AssembledTransaction {
  readonly transaction: string;
  /** The end of its commit in the WAL. */
  readonly lsn: bigint;
  /** How many changes it has. */
  readonly count: number;
  /** All of them, in order; null: too many to be kept. They are read again from `begins`, now that the position of their commit is known. */
  readonly changes: readonly PlacedChange[] | null;
  /** Of its first messages, in each partition that has any. */
  readonly begins: readonly KafkaPlace[];
  /** Where what follows it begins, in every partition that was read. */
  readonly next: () => readonly KafkaPlace[];
}

/** Makes transactions of the messages of a shard's topics. */
export interface TopicTransactions {
  /**
   * Takes the next message.
   * @returns the transactions that it completes, unless they are known already, in the order of their commits.
   * @throws BrokenTopicError
   */
  take(message: KafkaMessage): Iterable<AssembledTransaction>;
  /** Whether more of this partition may come. */
  isWanted(partition: KafkaPartition): boolean;
}

/** Messages are missing, or mean nothing, so that what follows must not be delivered. */
export class BrokenTopicError extends Error {
  override readonly name = 'BrokenTopicError';
}

/**
 * Puts the transactions of a topic with one partition together: the position of the commit, by which changes are ordered and covered, comes with the last message.
 * Debezium begins again before or within a transaction if it is interrupted, without a sign of it: what has been read already is left
 * out. What is missing, or cannot be decoded, is an error only if it matters: not if all that it could be has been reached already.
 */
export class TransactionAssembler implements TopicTransactions {
  readonly #maxBytes: number;
  #reached: bigint;
  #transaction: string | null = null;
  #offset = 0n;
  #changes: PlacedChange[] = [];
  #bytes = 0;
  /** Of the last change of the open transaction. */
  #order = 0;
  /** Of the open transaction. */
  #gap: string | null = null;
  /** Since the last end of a transaction. */
  #undecodable: string | null = null;

  /**
   * @param reached every transaction whose commit ends here, or before, is known already.
   * @param maxBytes of the messages whose changes are kept until their transaction ends.
   */
  constructor(reached: bigint, maxBytes: number) {
    this.#reached = reached;
    this.#maxBytes = maxBytes;
  }

  /** The end of what has been kept comes only if more does. */
  isWanted(): boolean {
    return true;
  }

  take(message: KafkaMessage): readonly AssembledTransaction[] {
    const { value, offset } = message;
    let decoded: DebeziumMessage;
    try {
      decoded = decodeDebezium(value);
    } catch (error) {
      if (!(error instanceof UndecodableMessageError)) throw error;
      this.#undecodable ??= `message ${offset} is not one of Debezium's connector for Postgres as Atlas configures it: ${error.message}`;
      return [];
    }
    switch (decoded.kind) {
      case 'begin':
        this.#open(decoded.transaction, offset);
        return [];
      case 'change':
        this.#add(decoded, offset, value?.length ?? 0);
        return [];
      case 'end':
        return this.#end(decoded, message);
      case 'nothing':
        return [];
    }
  }

  #open(transaction: string, offset: bigint): void {
    this.#transaction = transaction;
    this.#offset = offset;
    this.#changes = [];
    this.#bytes = 0;
    this.#order = 0;
    this.#gap = null;
  }

  #add(message: Extract<DebeziumMessage, { kind: 'change' }>, offset: bigint, bytes: number): void {
    const { transaction, order, change } = message;
    if (transaction !== this.#transaction) this.#open(transaction, offset);
    if (order <= this.#order) return;
    if (order > this.#order + 1) {
      this.#gap ??= `before message ${offset}, ${order - this.#order - 1} changes of transaction ${transaction} are missing`;
    }
    this.#order = order;
    this.#bytes += bytes;
    if (this.#bytes <= this.#maxBytes) this.#changes.push({ order, change });
    else this.#changes = [];
  }

  #end(
    { transaction, lsn, changes: count }: Extract<DebeziumMessage, { kind: 'end' }>,
    { topic, partition, offset: end }: KafkaMessage,
  ): readonly AssembledTransaction[] {
    if (transaction !== this.#transaction) this.#open(transaction, end);
    const changes = this.#bytes <= this.#maxBytes ? this.#changes : null;
    const begins = [{ topic, partition, offset: this.#offset }];
    const isShort = this.#order < count;
    const fault =
      this.#undecodable ??
      this.#gap ??
      (isShort
        ? `before message ${end}, ${count - this.#order} changes of transaction ${transaction} are missing`
        : null);
    this.#undecodable = null;
    this.#open('', end + 1n);
    if (lsn <= this.#reached) return [];
    if (fault !== null) throw new BrokenTopicError(fault);
    this.#reached = lsn;
    const next = [{ topic, partition, offset: end + 1n }];
    return [{ transaction, lsn, count, changes, begins, next: () => next }];
  }
}
