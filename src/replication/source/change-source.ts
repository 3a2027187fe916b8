import type { Change, SinkPosition } from '../change.ts';
import type { UnrepairableError } from '../unrepairable-error.ts';

/** What to do with a shard, given what the source and the sink know of each other. */
export type NextStep =
  /** The sink has no complete copy of the shard, or one that can no longer be continued because the sink has lost what followed it. */
  | { readonly kind: 'copy' /** Null: there is none. */; readonly reason: string | null }
  /** The source can deliver everything that follows this position. */
  | { readonly kind: 'stream'; readonly from: SinkPosition }
  /** Another process is streaming the shard. */
  | { readonly kind: 'standby' /** Which one, in words for the log. */; readonly holder: string }
  /** Streaming from here would leave a gap or carry the wrong data, and would do so again at every attempt. */
  | { readonly kind: 'failed'; readonly error: UnrepairableError };

export interface ChangeReceiver {
  /**
   * Takes the next change. The source delivers nothing more while the promise is pending; undefined means that it may continue
   * immediately. A promise for each of millions of changes would cost more than the changes.
   * @throws only if the replicator is being stopped.
   */
  receive(change: Change): Promise<void> | undefined;
  /** Resolves when everything received is in the sink and acknowledged, or cannot be. Nothing may be delivered after it. */
  settle(): Promise<void>;
}

export interface CopyProgress {
  readonly rows: number;
  /** Null if the source does not know. */
  readonly estimatedRows: number | null;
}

export interface CopyRequest {
  /** False: another process has copied the shard in the meantime. */
  readonly isNeeded: () => Promise<boolean>;
  /** Announces the copy. Nothing follows the sink's earlier ones from then on. @returns who takes the copy. */
  readonly begin: () => Promise<ChangeReceiver>;
  readonly onProgress: (progress: CopyProgress) => void;
}

export interface StreamOptions {
  readonly signal: AbortSignal;
  /** Called once the connection is established and changes can arrive. */
  readonly onStart: () => void;
  /** Called if someone asks, through the stream, for a new copy that replaces this one. */
  readonly onCopyRequested: (replaced: bigint) => void;
}

/**
 * Delivers the changes of one shard: from the slot (slot/slot-source.ts), or from a topic that Debezium fills (kafka/kafka-source.ts). What the pipeline and the sink rely on, and an implementation must provide:
 *
 * - At least once: after an interruption everything that was not acknowledged is delivered again, and possibly more.
 *   Nothing is skipped. A source that can no longer guarantee that answers `failed` (WAL removed, offset past the topic's
 *   retention) instead of delivering what is left.
 * - Order: the changes of one entity arrive in the order of their commits, each with a `version` above the one before.
 *   Changes of different entities may arrive in any order.
 * - Commits are true: a `commit` is delivered after every change of every transaction that committed before its lsn, a
 *   `heartbeat` before the commit that covers it. Their values do not decrease within one stream. A commit need not be a
 *   transaction: a source that does not see transactions delivers one per heartbeat.
 * - Acknowledgement: calling a commit's `acknowledge` covers everything delivered before it. Commits are acknowledged in
 *   the order of delivery, but not all of them: the last of a batch stands for the others.
 * - One process at a time: while one copies, no other copies or streams; while one streams, others get `standby`.
 * - The right shard: heartbeats name the shard they come from. A foreign one ends the stream with an UnrepairableError.
 *
 * How a topic fits (kafka/kafka-source.ts): Debezium sends where each transaction begins and ends as well, in one order, so that a transaction can
 * be put together before it is delivered, with the position of its commit, also if its changes are in several partitions. The rows come from a snapshot that Atlas takes
 * itself beside the connector's slot, not through the topic. `acknowledge` commits the offsets that were read up to there.
 */
export interface ChangeSource {
  /**
   * Decides how to continue. It compares the source's store with `reached`, and changes neither.
   * @param reached what the sink has; null: no complete copy.
   * @param signal rejects the call once it aborts. A store that stays silent must not hold it for longer than seconds either.
   */
  next(reached: SinkPosition | null, signal: AbortSignal): Promise<NextStep>;

  /**
   * Delivers the shard as it is at the start of the stream that follows: what committed before is in the copy, what commits
   * later is in the stream. In this order: excludes other processes, asks `isNeeded`, calls `begin`, delivers upserts
   * without `previous`, the heartbeat, and one commit at the end, before which the copy does not count. Then it calls
   * `settle`, and only then lets another process in.
   * @returns false: another process is copying.
   * @throws UnrepairableError, or anything else, which is tried again.
   */
  copy(request: CopyRequest, signal: AbortSignal): Promise<boolean>;

  /**
   * Delivers the rows of the shard as they are at one position, as upserts without `previous`, while its stream goes on. What the
   * stream delivered before the call had committed before that position. It does not call `settle`.
   * @returns the position: the rows contain exactly the transactions that committed before it. Null: another process is copying.
   */
  snapshot(
    receiver: Pick<ChangeReceiver, 'receive'>,
    onProgress: (progress: CopyProgress) => void,
    signal: AbortSignal,
  ): Promise<bigint | null>;

  /**
   * Delivers everything that follows `from`, until the connection is lost, a change cannot be delivered or the signal is
   * aborted; rejects with the reason. Once aborted it delivers nothing more, calls `settle` and passes the last
   * acknowledgements on before it rejects.
   * @throws UnrepairableError, or anything else, which is tried again.
   */
  stream(from: SinkPosition, receiver: ChangeReceiver, options: StreamOptions): Promise<never>;
}
