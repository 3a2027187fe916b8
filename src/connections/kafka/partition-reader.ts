import type { Consumer } from '@platformatic/kafka';
import { type KafkaError, kafkaError } from './kafka-error.ts';

/** How long a broker waits for messages before it answers that there are none, in milliseconds. */
const FETCH_WAIT_MS = 500;
/** Of one answer; a broker sends one message that is larger if the partition that is asked for first begins with it. */
const FETCH_BYTES = 8 * 2 ** 20;
/** Of one partition in an answer, so that all have their turn. */
const PARTITION_BYTES = 2 * 2 ** 20;
/** Attribute of a batch that a broker has written to end a transaction of a producer. */
const CONTROL = 1 << 5;

/** Where a message is, or where the next one of a partition will be. */
export interface KafkaPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export interface KafkaMessage extends KafkaPlace {
  /** Null: a tombstone. */
  readonly value: Buffer | null;
}

export type KafkaPartition = Omit<KafkaPlace, 'offset'>;

/**
 * Reads partitions from where they are asked for, for ever, those of a broker together. While what was read is handled, the next answers
 * are on their way: one from each broker.
 */
export class PartitionReader {
  readonly #consumer: Consumer;
  readonly #topics: readonly string[];
  /** Where each partition goes on. */
  #places: KafkaPlace[];
  /** Brokers that have not answered. */
  readonly #asked = new Set<number>();
  #answers: KafkaMessage[][] = [];
  #failure: KafkaError | null = null;
  #wake = () => {};

  /** @param consumer has no other use: a broker answers the requests of a connection one after the other. */
  constructor(consumer: Consumer, from: readonly KafkaPlace[]) {
    this.#consumer = consumer;
    this.#places = [...from];
    this.#topics = [...new Set(from.map(({ topic }) => topic))];
  }

  /**
   * @param isWanted a partition for which it is false is not asked for; what has been asked for already still comes.
   * @throws KafkaError once a partition cannot be read. Ends when the signal aborts.
   */
  async *read(
    isWanted: (partition: KafkaPartition) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<readonly KafkaMessage[], void, undefined> {
    const onAbort = () => this.#wake();
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        await this.#ask(isWanted);
        if (this.#failure !== null) throw this.#failure;
        const answers = this.#answers;
        this.#answers = [];
        for (const messages of answers) yield messages;
        if (answers.length === 0 && !signal.aborted) await this.#answered();
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #answered(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Asks the brokers that are not being asked. */
  async #ask(isWanted: (partition: KafkaPartition) => boolean): Promise<void> {
    const metadata = await this.#consumer.metadata({ topics: [...this.#topics] }).catch((error) => {
      throw this.#unreadable(error);
    });
    const byBroker = new Map<number, KafkaPlace[]>();
    for (const place of this.#places) {
      const leader = metadata.topics.get(place.topic)?.partitions[place.partition]?.leader ?? -1;
      if (this.#asked.has(leader) || !isWanted(place)) continue;
      byBroker.set(leader, [...(byBroker.get(leader) ?? []), place]);
    }
    for (const [broker, places] of byBroker) {
      const names = new Map(this.#topics.map((topic) => [metadata.topics.get(topic)?.id ?? '', topic]));
      this.#asked.add(broker);
      void this.#fetch(broker, places, names).finally(() => {
        this.#asked.delete(broker);
        this.#wake();
      });
    }
    // A broker that fills its answer with the first partitions begins with the others the next time.
    const [first, ...others] = this.#places;
    if (first !== undefined) this.#places = [...others, first];
  }

  /** Never rejects. */
  async #fetch(broker: number, places: readonly KafkaPlace[], names: ReadonlyMap<string, string>): Promise<void> {
    try {
      const messages = await this.#fetched(broker, places, names);
      this.#answers.push(messages);
    } catch (error) {
      this.#failure ??= this.#unreadable(error);
    }
  }

  async #fetched(
    broker: number,
    places: readonly KafkaPlace[],
    names: ReadonlyMap<string, string>,
  ): Promise<KafkaMessage[]> {
    const topics = [...names].map(([topicId, name]) => ({
      topicId,
      partitions: places
        .filter(({ topic }) => topic === name)
        .map(({ partition, offset }) => ({
          ...{ partition, fetchOffset: offset, partitionMaxBytes: PARTITION_BYTES },
          ...{ currentLeaderEpoch: -1, lastFetchedEpoch: -1 },
        })),
    }));
    const { responses } = await this.#consumer.fetch({
      ...{ node: broker, maxBytes: FETCH_BYTES, minBytes: 1, maxWaitTime: FETCH_WAIT_MS },
      topics: topics.filter(({ partitions }) => partitions.length > 0),
    });
    const messages: KafkaMessage[] = [];
    for (const { topicId, partitions } of responses) {
      const topic = names.get(topicId) ?? '';
      for (const { partitionIndex: partition, records = [] } of partitions) {
        const at = this.#places.findIndex((place) => place.topic === topic && place.partition === partition);
        const place = this.#places[at];
        if (place === undefined) continue;
        let next = place.offset;
        for (const batch of records) {
          // A batch comes whole, also if it was asked for from its middle.
          for (const { offsetDelta, value } of (batch.attributes & CONTROL) === 0 ? batch.records : []) {
            const offset = batch.firstOffset + BigInt(offsetDelta);
            if (offset >= next) messages.push({ topic, partition, offset, value: value ?? null });
          }
          const after = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
          if (after > next) next = after;
        }
        this.#places[at] = { ...place, offset: next };
      }
    }
    return messages;
  }

  #unreadable(error: unknown): KafkaError {
    return kafkaError(`The topic ${this.#topics.join(' or ')} cannot be read`, error);
  }
}
