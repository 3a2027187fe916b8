import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import type { PartitionPosition } from '../../../src/connections/kafka/kafka-cluster.ts';
import { KafkaError } from '../../../src/connections/kafka/kafka-error.ts';
import { TopicMonitor } from '../../../src/datasources/monitoring/topic-monitor.ts';

const POSITION = { earliest: 100n, end: 60_160n, committed: 160n };

type Position = Omit<PartitionPosition, 'topic' | 'partition'>;

function monitorOf(position: () => Promise<Position>, partitions = 1) {
  const clock = { at: 0, now: () => clock.at };
  const monitor = new TopicMonitor({
    cluster: {
      positions: async (_group, [topic = '']) => {
        const found = await position();
        return [...Array(partitions).keys()].map((partition) => ({ ...found, topic, partition }));
      },
      writtenAt: async (_group, { offset }) => Number(offset) * 2,
    },
    topics: [{ shard: 's0', topics: ['atlas.changes.s0'], group: 'atlas.s0' }],
    ...{ thresholdMessages: 50_000, clock, logger: pino({ level: 'silent' }) },
  });
  return { monitor, clock };
}

it('says how many messages of a topic are not in ClickHouse, and how much earlier the first of them was written', async () => {
  const { monitor, clock } = monitorOf(async () => POSITION);
  expect(monitor.topicPartitions('s0')).toMatchObject([{ health: 'DOWN', lagMessages: null, lagMs: null }]);
  await monitor.start();
  await vi.waitFor(() =>
    expect(monitor.topicPartitions('s0')).toEqual([
      { topic: 'atlas.changes.s0', partition: 0, health: 'DEGRADED', lagMessages: 60_000, lagMs: 119_998 },
    ]),
  );
  expect(monitor.topicPartitions('s1')).toEqual([]);
  await monitor.stop();
  clock.at = 10_001;
  expect(monitor.topicPartitions('s0')).toMatchObject([{ health: 'DOWN' }]);
});

it('counts what is retained if nothing was read yet, and nothing if everything was', async () => {
  const unread = monitorOf(async () => ({ earliest: 100n, end: 130n, committed: null }));
  const read = monitorOf(async () => ({ ...POSITION, committed: 60_160n }));
  await Promise.all([unread.monitor.start(), read.monitor.start()]);
  await vi.waitFor(() => {
    expect(unread.monitor.topicPartitions('s0')).toMatchObject([{ health: 'HEALTHY', lagMessages: 30, lagMs: 58 }]);
    expect(read.monitor.topicPartitions('s0')).toMatchObject([{ health: 'HEALTHY', lagMessages: 0, lagMs: 0 }]);
  });
  await Promise.all([unread.monitor.stop(), read.monitor.stop()]);
});

it('says it of each partition', async () => {
  const { monitor } = monitorOf(async () => POSITION, 3);
  await monitor.start();
  await vi.waitFor(() =>
    expect(monitor.topicPartitions('s0')).toMatchObject(
      [0, 1, 2].map((partition) => ({ partition, lagMessages: 60_000 })),
    ),
  );
  await monitor.stop();
});

it('knows nothing while the brokers do not answer', async () => {
  const { monitor } = monitorOf(() => Promise.reject(new KafkaError('no broker')));
  await monitor.start();
  expect(monitor.topicPartitions('s0')).toMatchObject([{ health: 'DOWN', lagMessages: null }]);
  await monitor.stop();
});
