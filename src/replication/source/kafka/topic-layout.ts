import type { KafkaPlace } from '../../../connections/kafka/partition-reader.ts';

/** What a shard's changes are in. */
export interface TopicLayout {
  readonly topic: string;
  /** More than one: rows are in that of their tenant. */
  readonly partitions: number;
}

/**
 * The topic, with one partition, that has where transactions begin and end, in the order of their commits: that of the changes, if it has only
 * one partition. Whoever has it in the group reads the shard.
 */
export function orderTopic({ topic, partitions }: TopicLayout): string {
  return partitions === 1 ? topic : `${topic}.transactions`;
}

/** All topics of the shard. */
export function topicsOf(layout: TopicLayout): readonly string[] {
  return [...new Set([layout.topic, orderTopic(layout)])];
}

/** Each partition once, from the first list that has it. */
export function firstOf(...lists: readonly (readonly KafkaPlace[])[]): readonly KafkaPlace[] {
  const places = new Map<string, KafkaPlace>();
  for (const place of lists.flat()) {
    const name = `${place.partition} of ${place.topic}`;
    if (!places.has(name)) places.set(name, place);
  }
  return [...places.values()];
}
