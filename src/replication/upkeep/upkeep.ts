/** Work on a shard and its copies in the sink that has to be done now and then, by the process that streams the shard. */
export interface Upkeep {
  /** Completes "… fails" and "… works again". */
  readonly name: string;
  readonly periodMs: number;
  /**
   * Called while the shard's changes are streamed and no new copy of it is being built. What it does may be repeated at any time, by any
   * process. It may throw: the next call tries again.
   */
  run(signal: AbortSignal): Promise<void>;
}
