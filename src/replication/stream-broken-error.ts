/** The change stream of a shard cannot be continued without a gap: the shard must be copied anew. */
export class StreamBrokenError extends Error {
  constructor(readonly reason: string) {
    super(`${reason}; run "atlas replicate --resnapshot" to copy the shard to ClickHouse anew.`);
    this.name = 'StreamBrokenError';
  }
}
