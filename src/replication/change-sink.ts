import type { ShardId } from '../domain/identifiers.ts';
import type { RowBuffer } from './row-buffer.ts';

/** How far a shard's changes have come. */
export interface Position {
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
  /** Null until the shard's first copy is complete. */
  position(shard: ShardId): Promise<Position | null>;
  /** Durable and visible to every later read on return. */
  write(rows: SinkRows): Promise<void>;
  /** To be called only when everything up to the position has been written. */
  advance(shard: ShardId, position: Position, pendingMessages: number): Promise<void>;
  /** Takes away the shard's position, then its rows. */
  clear(shard: ShardId): Promise<void>;
}
