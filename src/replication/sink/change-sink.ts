import type { ShardId } from '../../domain/identifiers.ts';
import type { RowBuffer } from './row-buffer.ts';

/** How far a shard's changes have come. */
export interface Position {
  /** Of the copy that they follow on. */
  readonly copyId: bigint;
  /** Every transaction that committed before it. */
  readonly lsn: bigint;
  /** The newest heartbeat among them, in microseconds since the epoch; null: none yet. */
  readonly heartbeatAt: number | null;
}

export interface SinkRows {
  /** Lines of entity-line.ts. */
  readonly entities: RowBuffer;
  /** Lines of attribute-row.ts. */
  readonly attributes: RowBuffer;
}

/** Where changes go. Writing the same rows again changes nothing, because the highest version of a row wins. */
export interface ChangeSink {
  /** Null until the newest copy of the shard is complete. */
  position(shard: ShardId): Promise<Position | null>;
  /** Durable and visible to every later read on return. */
  write(rows: SinkRows): Promise<void>;
  /** To be called only when everything up to the position has been written. Without effect once another copy has begun. */
  advance(shard: ShardId, position: Position, pendingMessages: number): Promise<void>;
  /** Takes away the shard's position, then its rows. @returns the id of the copy that begins. */
  beginCopy(shard: ShardId): Promise<bigint>;
}
