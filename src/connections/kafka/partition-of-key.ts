/**
 * The partition in which a producer of Kafka's puts a message with this key, unless it is told another one.
 * Loads the client.
 */
export async function partitionOfKey(key: string, partitions: number): Promise<number> {
  const { murmur2 } = await import('@platformatic/kafka');
  return (murmur2(Buffer.from(key)) & 0x7fff_ffff) % partitions;
}
