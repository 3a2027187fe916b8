import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer } from '@platformatic/kafka';
import { KafkaError, kafkaError } from './kafka-error.ts';
import { type KafkaMessage, type KafkaPartition, type KafkaPlace, PartitionReader } from './partition-reader.ts';

/** How often a member that could not leave its group tries again. */
const LEAVE_AGAIN_MS = 500;

/**
 * The member of a group that has the only partition of a topic. Who has that one reads for the group, this and other partitions alike: nobody
 * else does. As soon as it may not have it any more, its messages end with an error.
 */
export class KafkaMembership {
  readonly #consumer: Consumer;
  readonly #topic: string;
  readonly #openReader: () => Consumer;
  readonly #ended = new AbortController();
  #lost: KafkaError | null = null;
  #committing: Promise<void> | null = null;
  #wanted: readonly KafkaPlace[] | null = null;
  #closing: Promise<void> | null = null;

  /** @param openReader a consumer outside of the group, for messages alone. */
  constructor(consumer: Consumer, topic: string, openReader: () => Consumer) {
    this.#consumer = consumer;
    this.#topic = topic;
    this.#openReader = openReader;
    consumer.on('consumer:group:join', () => {
      if (!this.isAssigned) this.#lose('another process has taken the topic over');
    });
    consumer.on('error', (error: unknown) => this.#lose(kafkaError('its group is gone', error).message));
  }

  /** Whether the partition is this member's. */
  get isAssigned(): boolean {
    return (
      this.#consumer.assignments?.some(({ topic, partitions }) => topic === this.#topic && partitions[0] === 0) === true
    );
  }

  /**
   * What the partitions have from these places on, for ever, as brokers send it: in order within each partition.
   * @param isWanted false: a partition is to wait. What is on its way still comes.
   * @throws KafkaError once they end; nothing if the signal aborts.
   */
  async *messages(
    from: readonly KafkaPlace[],
    signal: AbortSignal,
    isWanted: (partition: KafkaPartition) => boolean = () => true,
  ): AsyncGenerator<readonly KafkaMessage[], void, undefined> {
    const consumer = this.#openReader();
    try {
      const reader = new PartitionReader(consumer, from);
      yield* reader.read(isWanted, AbortSignal.any([signal, this.#ended.signal]));
      if (!signal.aborted) throw this.#lost ?? new KafkaError(`The messages of the topic ${this.#topic} have ended`);
    } catch (error) {
      if (signal.aborted) return;
      throw this.#lost ?? error;
    } finally {
      const close: (force: boolean) => Promise<void> = consumer.close.bind(consumer);
      void close(true).catch(() => {});
    }
  }

  /** The group begins at these places from now on. One request at a time: of those that wait, the last one counts. A failure ends the messages. */
  commit(places: readonly KafkaPlace[]): void {
    this.#wanted = places;
    this.#committing ??= this.#commitWanted().finally(() => {
      this.#committing = null;
    });
  }

  async #commitWanted(): Promise<void> {
    while (this.#wanted !== null && this.#lost === null) {
      const offsets = this.#wanted.map((place) => ({ ...place, leaderEpoch: -1 }));
      this.#wanted = null;
      try {
        await this.#consumer.commit({ offsets });
      } catch (error) {
        this.#lose(kafkaError(`The position in the topic ${this.#topic} cannot be stored`, error).message);
      }
    }
  }

  #lose(reason: string): void {
    this.#lost ??= new KafkaError(`The topic ${this.#topic} is not read any more: ${reason}`);
    this.#ended.abort();
  }

  /** Resolves once what was committed is stored, and the group is left, or the broker does not answer. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#committing;
    this.#ended.abort();
    if (!(await this.#leave())) void this.#leaveLater();
  }

  /** @returns false: a client that could not leave goes on as a member, and joins again once the broker is back. */
  async #leave(): Promise<boolean> {
    const close: (force: boolean) => Promise<void> = this.#consumer.close.bind(this.#consumer);
    try {
      await close(true);
      return true;
    } catch {
      return false;
    }
  }

  async #leaveLater(): Promise<void> {
    do await delay(LEAVE_AGAIN_MS, undefined, { ref: false });
    while (!(await this.#leave()));
  }
}
