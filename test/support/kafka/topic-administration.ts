import { Admin, Producer, stringSerializers } from '@platformatic/kafka';

export async function createTopic(bootstrap: string, topic: string): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [bootstrap] });
  try {
    await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 });
  } finally {
    await admin.close();
  }
}

/** As another program would that writes to the topic by mistake. */
export async function produce(bootstrap: string, topic: string, value: string): Promise<void> {
  const producer = new Producer({ clientId: 'test', bootstrapBrokers: [bootstrap], serializers: stringSerializers });
  try {
    await producer.send({ messages: [{ topic, value }] });
  } finally {
    await producer.close();
  }
}

/** As retention would. */
export async function deleteMessages(bootstrap: string, topic: string, before: bigint): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [bootstrap] });
  try {
    await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: before }] }] });
  } finally {
    await admin.close();
  }
}
