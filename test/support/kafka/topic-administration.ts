import { Admin, ConfigResourceTypes, Producer, stringSerializers } from '@platformatic/kafka';
import type { KafkaPlace } from '../../../src/connections/kafka/partition-reader.ts';
import type { TopicDefinition } from '../../../src/replication/source/kafka/topic-definition.ts';

export function createTopic(bootstrap: string, topic: string, partitions = 1, replicas = 1): Promise<void> {
  return createDefined(bootstrap, { name: topic, partitions, replication_factor: replicas, config: {} });
}

export async function createDefined(bootstrap: string, definition: TopicDefinition): Promise<void> {
  const { name, partitions, replication_factor: replicas, config } = definition;
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: bootstrap.split(',') });
  try {
    const configs = Object.entries(config).map(([key, value]) => ({ name: key, value }));
    await admin.createTopics({ topics: [name], partitions, replicas, configs });
  } finally {
    await admin.close();
  }
}

/** As the brokers have it. @param keys of its configuration. */
export async function definedTopic(bootstrap: string, name: string, keys: readonly string[]): Promise<TopicDefinition> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: bootstrap.split(',') });
  try {
    const metadata = await admin.metadata({ topics: [name] });
    const partitions = Object.values(metadata.topics.get(name)?.partitions ?? {});
    const [described] = await admin.describeConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: name, configurationKeys: [...keys] }],
    });
    return {
      ...{ name, partitions: partitions.length, replication_factor: partitions[0]?.replicas.length ?? 0 },
      config: Object.fromEntries((described?.configs ?? []).map(({ name: key, value }) => [key, value ?? ''])),
    };
  } finally {
    await admin.close();
  }
}

/** As another program would that writes to the topic by mistake. */
export async function produce(bootstrap: string, topic: string, value: string, partition = 0): Promise<void> {
  const producer = new Producer({
    clientId: 'test',
    bootstrapBrokers: bootstrap.split(','),
    serializers: stringSerializers,
  });
  try {
    await producer.send({ messages: [{ topic, value, partition }] });
  } finally {
    await producer.close();
  }
}

/** As retention would: those before this place. */
export async function deleteMessages(bootstrap: string, { topic, partition, offset }: KafkaPlace): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: bootstrap.split(',') });
  try {
    await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition, offset }] }] });
  } finally {
    await admin.close();
  }
}
