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

interface Answer {
  readonly broker: number;
  readonly messages: readonly KafkaMessage[];
}

/**
 * Reads partitions from where they are asked for, for ever, those of a broker together. While what was read is handled, the next answers
 * are on their way: one from each broker.
 */
export class PartitionReader {
  readonly #consumer: Consumer;
  readonly #topics: readonly string[];
  /** Where each partition goes on. */
  #places: KafkaPlace[];
  readonly #asked = new Map<number, Promise<Answer>>();

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
    const aborted = new Promise<null>((resolve) =>
      signal.addEventListener('abort', () => resolve(null), { once: true }),
    );
    while (!signal.aborted) {
      await this.#ask(isWanted);
      const answer = await Promise.race([aborted, ...this.#asked.values()]);
      if (answer === null) return;
      this.#asked.delete(answer.broker);
      await this.#ask(isWanted);
      yield answer.messages;
    }
  }

  /** Asks the brokers that are not being asked. */
  async #ask(isWanted: (partition: KafkaPartition) => boolean): Promise<void> {
    const metadata = await this.#tried(this.#consumer.metadata({ topics: [...this.#topics] }));
    const byBroker = new Map<number, KafkaPlace[]>();
    for (const place of this.#places) {
      const leader = metadata.topics.get(place.topic)?.partitions[place.partition]?.leader ?? -1;
      if (this.#asked.has(leader) || !isWanted(place)) continue;
      byBroker.set(leader, [...(byBroker.get(leader) ?? []), place]);
    }
    for (const [broker, places] of byBroker) {
      const names = new Map(this.#topics.map((topic) => [metadata.topics.get(topic)?.id ?? '', topic]));
      const answer = this.#tried(this.#fetch(broker, places, names));
      // Whoever reads hears of it, unless nobody does any more.
      answer.catch(() => {});
      this.#asked.set(broker, answer);
    }
    // A broker that fills its answer with the first partitions begins with the others the next time.
    const [first, ...others] = this.#places;
    if (first !== undefined) this.#places = [...others, first];
  }

  async #fetch(broker: number, places: readonly KafkaPlace[], names: ReadonlyMap<string, string>): Promise<Answer> {
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
    return { broker, messages };
  }

  async #tried<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #unreadable(error: unknown): KafkaError {
    return kafkaError(`The topic ${this.#topics.join(' or ')} cannot be read`, error);
  }
}
