import type { AttributeId } from '../../domain/catalog/attribute.ts';
import type { RowChange, SinkPosition } from '../change.ts';

/** `copy`: rows that are there already, or a second time what a stream delivers. */
export type BatchOrigin = 'copy' | 'stream';

/** The rows of consecutive changes, in the sink's own encoding. */
export interface SinkBatch {
  /** How many rows it will write, by table (or topic). */
  readonly rows: Readonly<Record<string, number>>;
  /** About as much memory as it takes. */
  readonly bytes: number;
  /** @throws UnknownAttributeError, in which case nothing was added. */
  add(change: RowChange): void;
  /** Durable, and visible to every later read, when it resolves. After a failure it is called again. */
  write(): Promise<void>;
}

/**
 * Takes the changes of one shard. ClickHouse (clickhouse/clickhouse-sink.ts) is one implementation; a producer that
 * passes them on to a topic would be another. What the pipeline and the readers rely on, and an implementation must provide:
 *
 * - Idempotent writes: a row is identified by its copy, tenant and entity (and attribute); of two the one with the higher version
 *   wins, a delete like an upsert. Changes arrive at least once, so the same batch may be written twice, also in part, also by
 *   two processes. A row of the audit belongs to no copy; it is identified by its shard, id and time, and always the same. It is written
 *   after the rows of its transaction.
 * - Data before watermark before acknowledgement: the pipeline writes a batch, then advances the position over it, then
 *   acknowledges. The sink must keep the first two in that order for its readers: a reader that sees a position sees every row it
 *   covers.
 * - The position is the sink's own, stored beside the rows, so that both are lost or restored together.
 * - Copies are numbered and apart: `beginCopy` gives an id above every earlier one. Readers see one copy only, the newest complete
 *   one, so that what a process still writes into another copy, however late, is never read. Once a copy is complete, or has
 *   begun because nothing follows the earlier ones any more, `advance` with an earlier id is refused, from any process. One with
 *   a lower lsn of the same copy has no effect.
 * - A position only follows a position: `advance` finds the one it continues from and writes the next one in a single decision of
 *   the store. A store that was emptied or restored in between has another position or none, and gets no new one.
 *
 * How a topic fits: the batch holds encoded messages, keyed by copy, tenant and entity, with the version inside; `write` waits
 * until all in-sync replicas have them; position and copies are messages of a compacted topic, keyed by shard, that `advance`
 * and `beginCopy` write; consumers drop rows of every copy but the newest complete one.
 */
export interface ChangeSink {
  /**
   * That of the newest complete copy; null if there is none, or nothing follows it any more because another copy has begun.
   * @param signal rejects the call once it aborts.
   */
  position(signal?: AbortSignal): Promise<SinkPosition | null>;
  /** An empty batch of rows of this copy. @param origin the changes of a stream are kept as history; the rows of a copy are none. */
  batch(copyId: bigint, origin: BatchOrigin): SinkBatch;
  /** Learns the attribute definitions that it lacks. Called before a change that failed with UnknownAttributeError is added again. */
  refreshAttributes(): Promise<void>;
  /** Learns the definitions up to this revision of the catalog, if it lacks any. */
  knowAttributes(revision: number): Promise<void>;
  /**
   * Call it only after everything up to `to` has been written.
   * @param from the lsn that this copy has reached at least: the position that the changes follow; 0 while it is being copied.
   * @param pendingMessages changes that were received, but are not written yet.
   * @throws PositionLostError, in which case the sink's position was not changed.
   */
  advance(from: bigint, to: SinkPosition, pendingMessages: number): Promise<void>;
  /**
   * Announces a copy.
   * @param options.endsEarlier nothing follows the earlier copies any more; otherwise they are followed until this one is complete.
   * @returns its id.
   */
  beginCopy(options: { readonly endsEarlier: boolean }): Promise<bigint>;
  /** The copy will not be completed by its process. Its rows are removed, unless it has been after all. */
  abandonCopy(copyId: bigint): Promise<void>;
  /**
   * Removes what no read uses any more: the shard's copies that have not been the one that is read or written for a while. Called
   * now and then while the newest complete copy is followed.
   */
  removeUnused(): Promise<void>;
}

/**
 * The sink does not have the position that the changes follow: it has lost data, or a newer copy of the shard has begun. Repeating
 * the call cannot help; how to continue is decided anew from the position that the sink has now.
 */
export class PositionLostError extends Error {
  override readonly name = 'PositionLostError';
}

/** The data holds an attribute that the catalog does not know yet: definitions arrive separately from the data. */
export class UnknownAttributeError extends Error {
  constructor(readonly id: AttributeId) {
    super(`Attribute ${id} is in the data, but not in the attribute catalog; waiting for its definition.`);
    this.name = 'UnknownAttributeError';
  }
}
