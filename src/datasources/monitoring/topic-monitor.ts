import type { KafkaCluster } from '../../connections/kafka/kafka-cluster.ts';
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
  readonly topic: string;
  readonly group: string;
}

export interface TopicMonitorOptions {
  readonly cluster: Pick<KafkaCluster, 'position' | 'writtenAt'>;
  readonly topics: readonly MonitoredTopic[];
  /** Beyond so many messages, a topic is degraded. */
  readonly thresholdMessages: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Lag {
  readonly messages: number;
  readonly ms: number;
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
      const outages = new OutageLog(options.logger, `the probe of the topic ${monitored.topic}`);
      return new PeriodicTask(`probe of ${monitored.topic}`, PERIOD_MS, () => this.#probe(monitored, outages));
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
    return topics
      .filter((monitored) => monitored.shard === shard)
      .map(({ topic }) => {
        const lag = this.#lags.get(shard);
        if (lag === undefined || clock.now() - lag.askedAt > BELIEVED_MS) {
          return { topic, partition: 0, health: 'DOWN', lagMessages: null, lagMs: null };
        }
        const health = lag.messages > thresholdMessages ? 'DEGRADED' : 'HEALTHY';
        return { topic, partition: 0, health, lagMessages: lag.messages, lagMs: lag.ms };
      });
  }

  async #probe({ shard, topic, group }: MonitoredTopic, outages: OutageLog): Promise<void> {
    const { cluster, clock } = this.#options;
    const askedAt = clock.now();
    try {
      const { earliest, end, committed } = await cluster.position(group, topic);
      const next = committed === null || committed < earliest ? earliest : committed;
      const messages = Math.max(0, Number(end - next));
      const ms = messages === 0 ? 0 : await this.#between(group, topic, next, end - 1n);
      this.#lags.set(shard, { messages, ms, askedAt });
      outages.succeeded();
    } catch (error) {
      outages.failed(error);
    }
  }

  /** Both moments are of the same clock. */
  async #between(group: string, topic: string, oldest: bigint, newest: bigint): Promise<number> {
    const { cluster } = this.#options;
    const [from, to] = await Promise.all([
      cluster.writtenAt(group, topic, oldest),
      cluster.writtenAt(group, topic, newest),
    ]);
    return from === null || to === null ? 0 : Math.max(0, to - from);
  }
}
