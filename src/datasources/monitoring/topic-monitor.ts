import type { KafkaCluster, PartitionPosition } from '../../connections/kafka/kafka-cluster.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import type { TopicPartitionState, TopicStates } from '../../freshness/replication-state.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Service } from '../../lifecycle/lifecycle.ts';
import { PeriodicTask } from '../../lifecycle/periodic-task.ts';
import type { Logger } from '../../observability/logger.ts';
import { OutageLog } from '../../observability/outage-log.ts';

/** Five times as rare as other probes: it asks several brokers several things. */
const PERIOD_MS = 1_250;
/** What is known is out of date after this. */
const BELIEVED_MS = 10_000;

export interface MonitoredTopic {
  readonly shard: ShardId;
  /** All that the group reads. */
  readonly topics: readonly string[];
  readonly group: string;
}

export interface TopicMonitorOptions {
  readonly cluster: Pick<KafkaCluster, 'positions' | 'writtenAt'>;
  readonly topics: readonly MonitoredTopic[];
  /** Beyond so many messages, a topic is degraded. */
  readonly thresholdMessages: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  readonly messages: number;
  readonly ms: number;
}

interface Lag {
  readonly partitions: readonly PartitionLag[];
  readonly askedAt: number;
}

/** Asks the brokers now and then how far each shard's topic has been read. Every process can tell, whoever reads it. */
export class TopicMonitor implements Service, TopicStates {
  readonly name = 'topic monitor';
  readonly #options: TopicMonitorOptions;
  readonly #tasks: readonly PeriodicTask[];
  readonly #lags = new Map<ShardId, Lag>();

  constructor(options: TopicMonitorOptions) {
    this.#options = options;
    this.#tasks = options.topics.map((monitored) => {
      const outages = new OutageLog(options.logger, `the probe of the topic ${monitored.topics[0]}`);
      return new PeriodicTask(`probe of ${monitored.topics[0]}`, PERIOD_MS, () => this.#probe(monitored, outages));
    });
  }

  async start(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.stop()));
  }

  topicPartitions(shard: ShardId): readonly TopicPartitionState[] {
    const { topics, thresholdMessages, clock } = this.#options;
    const lag = this.#lags.get(shard);
    if (lag === undefined || clock.now() - lag.askedAt > BELIEVED_MS) {
      return topics
        .filter((monitored) => monitored.shard === shard)
        .flatMap(({ topics }) => topics)
        .map((topic) => ({ topic, partition: 0, health: 'DOWN', lagMessages: null, lagMs: null }));
    }
    return lag.partitions.map(({ topic, partition, messages, ms }) => {
      const health = messages > thresholdMessages ? 'DEGRADED' : 'HEALTHY';
      return { topic, partition, health, lagMessages: messages, lagMs: ms };
    });
  }

  async #probe({ shard, topics, group }: MonitoredTopic, outages: OutageLog): Promise<void> {
    const { cluster, clock } = this.#options;
    const askedAt = clock.now();
    try {
      const positions = await cluster.positions(group, topics);
      const partitions = await Promise.all(positions.map((position) => this.#lagOf(group, position)));
      this.#lags.set(shard, { partitions, askedAt });
      outages.succeeded();
    } catch (error) {
      outages.failed(error);
    }
  }

  /** Both moments are of the same clock. */
  async #lagOf(group: string, { topic, partition, ...position }: PartitionPosition): Promise<PartitionLag> {
    const { cluster } = this.#options;
    const { earliest, end, committed } = position;
    const next = committed === null || committed < earliest ? earliest : committed;
    const messages = Math.max(0, Number(end - next));
    if (messages === 0) return { topic, partition, messages, ms: 0 };
    const [from, to] = await Promise.all([
      cluster.writtenAt(group, { topic, partition, offset: next }),
      cluster.writtenAt(group, { topic, partition, offset: end - 1n }),
    ]);
    return { topic, partition, messages, ms: from === null || to === null ? 0 : Math.max(0, to - from) };
  }
}
