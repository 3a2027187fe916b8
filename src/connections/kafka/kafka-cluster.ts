import type * as Kafka from '@platformatic/kafka';
import type { Admin, BaseOptions, Broker, Consumer } from '@platformatic/kafka';
import { kafkaError } from './kafka-error.ts';
import { KafkaMembership } from './kafka-membership.ts';
import type { KafkaPartition, KafkaPlace } from './partition-reader.ts';

/** How long a broker may take to answer, in milliseconds. */
const ANSWER_MS = 5_000;
const EARLIEST = -2n;
const LATEST = -1n;

export interface KafkaOptions {
  /** `host:port` of brokers that are asked for the others. */
  readonly brokers: readonly string[];
  /** Shown in the broker's log, and as the member of the group. */
  readonly clientId: string;
  /** Null: without TLS. */
  readonly tls: { /** PEM; null: those of the system. */ readonly ca: string | null } | null;
  readonly sasl: {
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
    readonly username: string;
    readonly password: string;
  } | null;
}

/** What a group has read of a partition. */
export interface PartitionPosition extends KafkaPartition {
  /** Of the oldest message that is retained. */
  readonly earliest: bigint;
  /** That the next message will get. */
  readonly end: bigint;
  /** From which the group goes on; null: it has not stored any. */
  readonly committed: bigint | null;
}

/** A Kafka cluster. The client is loaded, and a broker connected to, with the first question. @throws KafkaError from every call */
export class KafkaCluster {
  readonly #options: KafkaOptions;
  #admin: Promise<Admin> | null = null;
  readonly #askers = new Map<string, Promise<Consumer>>();

  constructor(options: KafkaOptions) {
    this.#options = options;
  }

  /** How many partitions the topic has; null: there is no such topic. */
  async partitions(topic: string): Promise<number | null> {
    return this.#ask('Kafka does not say which topics there are', async () => {
      const admin = await this.#openAdmin();
      const topics = await admin.listTopics();
      if (!topics.includes(topic)) return null;
      const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
      return metadata.topics.get(topic)?.partitionsCount ?? null;
    });
  }

  /** Who reads for the group, in words for the log; null: nobody. */
  async holder(group: string): Promise<string | null> {
    return this.#ask(`Kafka does not say who is in the group ${group}`, async () => {
      const admin = await this.#openAdmin();
      const groups = await admin.describeGroups({ groups: [group] });
      const [member] = groups.get(group)?.members.values() ?? [];
      return member === undefined ? null : `${member.clientId} from ${member.clientHost.replace(/^\//, '')}`;
    });
  }

  /** Of each partition of these topics, in their order. */
  async positions(group: string, topics: readonly string[]): Promise<readonly PartitionPosition[]> {
    return this.#ask(`Kafka does not say how far the topic ${topics.join(' or ')} has been read`, async () => {
      const asker = await this.#asker(group);
      const partitions = await partitionsOf(asker, topics);
      const [earliest, end, committed] = await Promise.all([
        asker.listOffsets({ topics: [...topics], timestamp: EARLIEST }),
        asker.listOffsets({ topics: [...topics], timestamp: LATEST }),
        asker.listCommittedOffsets({
          topics: [...partitions].map(([topic, count]) => ({ topic, partitions: [...Array(count).keys()] })),
        }),
      ]);
      return eachOf(partitions, (topic, partition) => {
        const stored = committed.get(topic)?.[partition] ?? -1n;
        return {
          ...{ topic, partition, committed: stored < 0n ? null : stored },
          ...{ earliest: earliest.get(topic)?.[partition] ?? 0n, end: end.get(topic)?.[partition] ?? 0n },
        };
      });
    });
  }

  /** In each partition, the first message that was written at this time or later, in milliseconds since the epoch. Without those that have none. */
  async placesAt(group: string, topics: readonly string[], time: number): Promise<readonly KafkaPlace[]> {
    return this.#ask(`Kafka does not say what the topic ${topics.join(' or ')} contained at a time`, async () => {
      const asker = await this.#asker(group);
      const timestamp = BigInt(Math.max(0, Math.floor(time)));
      const [partitions, found] = await Promise.all([
        partitionsOf(asker, topics),
        asker.listOffsets({ topics: [...topics], timestamp }),
      ]);
      const places = eachOf(partitions, (topic, partition) => ({
        ...{ topic, partition, offset: found.get(topic)?.[partition] ?? -1n },
      }));
      return places.filter(({ offset }) => offset >= 0n);
    });
  }

  /** When the message there was written, in milliseconds since the epoch; null: there is none. */
  async writtenAt(group: string, { topic, partition, offset }: KafkaPlace): Promise<number | null> {
    return this.#ask(`The topic ${topic} cannot be read`, async () => {
      const asker = await this.#asker(group);
      const metadata = await asker.metadata({ topics: [topic] });
      const found = metadata.topics.get(topic);
      const leader = found?.partitions[partition]?.leader;
      if (found === undefined || leader === undefined) return null;
      const limits = { currentLeaderEpoch: -1, lastFetchedEpoch: -1, partitionMaxBytes: 1 };
      const wanted = { topicId: found.id, partitions: [{ partition, fetchOffset: offset, ...limits }] };
      const answer = await asker.fetch({
        node: leader,
        topics: [wanted],
        maxBytes: 1,
        minBytes: 0,
        maxWaitTime: 1,
      });
      for (const { records } of answer.responses.flatMap(({ partitions }) => partitions)) {
        for (const batch of records ?? []) {
          const record = batch.records.find(({ offsetDelta }) => batch.firstOffset + BigInt(offsetDelta) >= offset);
          if (record !== undefined) return Number(batch.firstTimestamp + record.timestampDelta);
        }
      }
      return null;
    });
  }

  /** The group, which must have no member, begins there from now on. */
  async moveGroup(group: string, places: readonly KafkaPlace[]): Promise<void> {
    return this.#ask(`The position of the group ${group} cannot be stored`, async () => {
      const admin = await this.#openAdmin();
      const topics = [...new Set(places.map(({ topic }) => topic))].map((name) => ({
        name,
        partitionOffsets: places
          .filter(({ topic }) => topic === name)
          .map(({ partition, offset }) => ({ partition, offset })),
      }));
      await admin.alterConsumerGroupOffsets({ groupId: group, topics });
    });
  }

  /** @param topic with one partition, which one member of the group has. @returns null: another process has it. */
  async join(group: string, topic: string, sessionTimeoutMs: number): Promise<KafkaMembership | null> {
    return this.#ask(`The group ${group} cannot be joined`, async () => {
      const kafka = await import('@platformatic/kafka');
      const options = { ...this.#base(), groupId: group, autocommit: false };
      const consumer = steady(
        new kafka.Consumer({
          ...{ ...options, sessionTimeout: sessionTimeoutMs },
          ...{ rebalanceTimeout: sessionTimeoutMs, heartbeatInterval: sessionTimeoutMs / 4 },
        }),
        kafka,
      );
      const membership = new KafkaMembership(consumer, topic, () => steady(new kafka.Consumer(options), kafka));
      try {
        consumer.topics.trackAll(topic);
        await consumer.joinGroup({});
        if (membership.isAssigned) return membership;
        await membership.close();
        return null;
      } catch (error) {
        await membership.close();
        throw error;
      }
    });
  }

  /** What is asked afterwards is asked on new connections. */
  async close(): Promise<void> {
    const opened = [...(this.#admin === null ? [] : [this.#admin]), ...this.#askers.values()];
    this.#admin = null;
    this.#askers.clear();
    await Promise.all(opened.map(async (client) => (await client).close().catch(() => {})));
  }

  async #ask<T>(what: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      // A client remembers which broker leads what, also when that one is gone.
      void this.close();
      throw kafkaError(what, error);
    }
  }

  #openAdmin(): Promise<Admin> {
    this.#admin ??= import('@platformatic/kafka').then((kafka) => steady(new kafka.Admin(this.#base()), kafka));
    return this.#admin;
  }

  /** It never joins the group. */
  #asker(group: string): Promise<Consumer> {
    const known = this.#askers.get(group);
    if (known !== undefined) return known;
    const asker = import('@platformatic/kafka').then((kafka) =>
      steady(new kafka.Consumer({ ...this.#base(), groupId: group, autocommit: false }), kafka),
    );
    this.#askers.set(group, asker);
    return asker;
  }

  #base(): BaseOptions {
    const { brokers, clientId, tls, sasl } = this.#options;
    return {
      clientId,
      bootstrapBrokers: [...brokers],
      ...{ connectTimeout: ANSWER_MS, requestTimeout: 6 * ANSWER_MS, timeout: ANSWER_MS, retries: 1, retryDelay: 200 },
      ...(tls === null ? {} : { tls: tls.ca === null ? {} : { ca: tls.ca } }),
      ...(sasl === null ? {} : { sasl }),
    };
  }
}

/**
 * A client that does not end the process: by an error that nobody listens for, since the call that failed rejects, too; or by one that it throws where
 * nobody can catch it, when it asks a broker for something that has left the cluster.
 */
function steady<Client extends Admin | Consumer>(client: Client, { kGetConnection }: typeof Kafka): Client {
  client.on('error', () => {});
  const connecting = client as unknown as Record<symbol, GetConnection>;
  const get = connecting[kGetConnection]?.bind(client);
  connecting[kGetConnection] = (broker, callback) => {
    if (broker === undefined || get === undefined) callback(new Error('A broker has left the cluster'));
    else get(broker, callback);
  };
  return client;
}

type GetConnection = (broker: Broker | undefined, callback: (error: Error | null) => void) => void;

async function partitionsOf(asker: Consumer, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const metadata = await asker.metadata({ topics: [...topics] });
  return new Map(topics.map((topic) => [topic, metadata.topics.get(topic)?.partitionsCount ?? 0]));
}

function eachOf<T>(counts: ReadonlyMap<string, number>, one: (topic: string, partition: number) => T): T[] {
  return [...counts].flatMap(([topic, count]) => [...Array(count).keys()].map((partition) => one(topic, partition)));
}
