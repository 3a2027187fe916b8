/** The shards of the embedded stack; the first is the home of the catalog. */
export const SHARD_IDS = ['s0', 's1'] as const;
