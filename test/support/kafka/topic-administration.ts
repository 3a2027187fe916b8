import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import type { KafkaPlace } from '../../../src/connections/kafka/partition-reader.ts';

export async function createTopic(bootstrap: string, topic: string, partitions = 1, replicas = 1): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [bootstrap] });
  try {
    await admin.createTopics({ topics: [topic], partitions, replicas });
  } finally {
    await admin.close();
  }
}

/** As another program would that writes to the topic by mistake. */
export async function produce(bootstrap: string, topic: string, value: string, partition = 0): Promise<void> {
  const producer = new Producer({ clientId: 'test', bootstrapBrokers: [bootstrap], serializers: stringSerializers });
  try {
    await producer.send({ messages: [{ topic, value, partition }] });
  } finally {
    await producer.close();
  }
}

/** As retention would: those before this place. */
export async function deleteMessages(bootstrap: string, { topic, partition, offset }: KafkaPlace): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [bootstrap] });
  try {
    await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition, offset }] }] });
  } finally {
    await admin.close();
  }
}
