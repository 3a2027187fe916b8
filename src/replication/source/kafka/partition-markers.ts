import { partitionOfKey } from '../../../connections/kafka/partition-of-key.ts';

/** What the prefixes of the messages begin with; a regular expression for the connector. */
export const MARKER_PREFIXES = 'atlas\\.partition\\.\\d+';

/**
 * Prefixes of logical messages in the WAL, one for each partition in which the connector puts the message: it has the prefix as its key. A heartbeat writes
 * them all, so that each partition shows how far it has got, also one whose tenants write nothing. None for a topic with one partition.
 */
export async function partitionMarkers(partitions: number): Promise<readonly string[]> {
  if (partitions === 1) return [];
  const markers = new Map<number, string>();
  for (let index = 0; markers.size < partitions; index++) {
    const prefix = `atlas.partition.${index}`;
    const partition = await partitionOfKey(JSON.stringify({ prefix }), partitions);
    if (!markers.has(partition)) markers.set(partition, prefix);
  }
  return [...markers.entries()].sort(([one], [other]) => one - other).map(([, prefix]) => prefix);
}
