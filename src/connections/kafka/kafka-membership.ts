import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, Message, MessagesStream } from '@platformatic/kafka';
import { KafkaError, kafkaError } from './kafka-error.ts';

/** How long the broker waits for messages before it answers that there are none. */
const FETCH_WAIT_MS = 500;
const FETCH_BYTES = 8 * 2 ** 20;
/** How often a member that could not leave its group tries again. */
const LEAVE_AGAIN_MS = 500;
/** Messages that are decoded ahead. */
const AHEAD = 2_000;

export interface KafkaMessage {
  readonly offset: bigint;
  readonly key: Buffer | null;
  /** Null: a tombstone. */
  readonly value: Buffer | null;
}

/**
 * A consumer that is the only member of its group, and so the only one that reads the topic's only partition for it. As soon as it may not be
 * that any more, its messages end with an error.
 */
export class KafkaMembership {
  readonly #consumer: Consumer;
  readonly #topic: string;
  #streams = new Set<MessagesStream<Buffer, Buffer, Buffer, Buffer>>();
  #lost: KafkaError | null = null;
  #committing: Promise<void> | null = null;
  #wanted: bigint | null = null;
  #closing: Promise<void> | null = null;

  constructor(consumer: Consumer, topic: string) {
    this.#consumer = consumer;
    this.#topic = topic;
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

  /** The messages from this offset on, for ever. @throws KafkaError once they end; nothing if the signal aborts. */
  async *messages(from: bigint, signal: AbortSignal): AsyncGenerator<KafkaMessage, void, undefined> {
    const stream = await this.#open(from);
    const onAbort = () => void stream.destroy();
    signal.addEventListener('abort', onAbort);
    try {
      if (signal.aborted) return;
      if (this.#lost !== null) throw this.#lost;
      for await (const message of stream as AsyncIterable<Message<Buffer, Buffer, Buffer, Buffer>>) {
        const { offset, key, value } = message;
        yield { offset, key: key ?? null, value: value ?? null };
      }
      if (!signal.aborted) throw new KafkaError(`The messages of the topic ${this.#topic} have ended`);
    } catch (error) {
      if (signal.aborted) return;
      throw this.#lost ?? kafkaError(`The topic ${this.#topic} cannot be read`, error);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#streams.delete(stream);
      stream.destroy();
    }
  }

  async #open(offset: bigint): Promise<MessagesStream<Buffer, Buffer, Buffer, Buffer>> {
    try {
      const stream = await this.#consumer.consume({
        topics: [this.#topic],
        ...{ mode: 'manual', offsets: [{ topic: this.#topic, partition: 0, offset }], autocommit: false },
        ...{
          maxWaitTime: FETCH_WAIT_MS,
          maxBytes: FETCH_BYTES,
          maxBytesPerPartition: FETCH_BYTES,
          highWaterMark: AHEAD,
        },
      });
      // Between two turns of the iteration nothing else listens.
      stream.on('error', () => {});
      this.#streams.add(stream);
      return stream;
    } catch (error) {
      throw kafkaError(`The topic ${this.#topic} cannot be read`, error);
    }
  }

  /** The group begins at this offset from now on. One request at a time: of those that wait, the last one counts. A failure ends the messages. */
  commit(offset: bigint): void {
    this.#wanted = offset;
    this.#committing ??= this.#commitWanted().finally(() => {
      this.#committing = null;
    });
  }

  async #commitWanted(): Promise<void> {
    while (this.#wanted !== null && this.#lost === null) {
      const offset = this.#wanted;
      this.#wanted = null;
      try {
        const offsets = [{ topic: this.#topic, partition: 0, offset, leaderEpoch: -1 }];
        await this.#consumer.commit({ offsets });
      } catch (error) {
        this.#lose(kafkaError(`The position in the topic ${this.#topic} cannot be stored`, error).message);
      }
    }
  }

  #lose(reason: string): void {
    this.#lost ??= new KafkaError(`The topic ${this.#topic} is not read any more: ${reason}`);
    for (const stream of this.#streams) stream.destroy(this.#lost);
  }

  /** Resolves once what was committed is stored, and the group is left, or the broker does not answer. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#committing;
    for (const stream of this.#streams) stream.destroy();
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
