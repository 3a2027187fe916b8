import type { ShardId } from '../../../domain/identifiers.ts';
import { changeVersion, type SinkPosition } from '../../change.ts';
import { exactTimestampMs } from '../../timestamp-text.ts';
import { mustBeCopied } from '../../unrepairable-error.ts';
import type { ChangeReceiver } from '../change-source.ts';
import { foreignHeartbeat, oldRowsMissing } from '../slot/next-step.ts';
import { truncated } from '../truncation.ts';
import type { ShardRow } from './debezium-message.ts';
import type { PlacedChange } from './transaction-assembler.ts';

/**
 * What a commit's record in the WAL is longer than, in bytes. Debezium tells where a commit ends; what is covered by a position, and what
 * wins over what, goes by a place within it, as with the slot.
 */
const WITHIN_COMMIT = 16n;

export interface DeliveryOptions {
  readonly shard: ShardId;
  readonly from: SinkPosition;
  readonly receiver: Pick<ChangeReceiver, 'receive'>;
  readonly onCopyRequested: (replaced: bigint) => void;
}

/** A heartbeat follows one that has not been seen, so whatever was written in between may be missing, too. */
export class HeartbeatGapError extends Error {
  override readonly name = 'HeartbeatGapError';
}

/**
 * Passes transactions on, in the order of their commits. Every heartbeat carries the one that it replaces: if that is newer than any that has
 * been delivered, something between them was lost, for example with a slot that was dropped. So the position only advances with a
 * heartbeat that follows the one before, and so do the offsets of the group.
 */
export class TransactionDelivery {
  readonly #options: DeliveryOptions;
  #heartbeatAt: number | null;
  #proven: bigint;
  #hasHeartbeat = false;
  #knownCatalog = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#heartbeatAt = options.from.heartbeatAt;
    this.#proven = options.from.lsn;
  }

  /** Everything that committed before it has been delivered without a gap. */
  get proven(): bigint {
    return this.#proven;
  }

  /**
   * Passes one change on. @param commitEnd the end of its transaction's commit in the WAL.
   * @returns as `ChangeReceiver.receive`. @throws HeartbeatGapError, or UnrepairableError for a change that cannot be applied.
   */
  deliver(commitEnd: bigint, { order, change }: PlacedChange): Promise<void> | undefined {
    const { receiver, onCopyRequested } = this.#options;
    const lsn = commitEnd - WITHIN_COMMIT;
    switch (change.kind) {
      case 'upsert':
      case 'delete':
        return receiver.receive({ ...change, lsn, version: changeVersion(lsn, order) });
      case 'audit':
        return receiver.receive({ ...change, lsn });
      case 'heartbeat':
        return this.#beat(change.row, change.previous);
      case 'copyRequest':
        onCopyRequested(change.replaced);
        return undefined;
      case 'truncate':
        throw truncated(change.table);
      case 'oldRowMissing':
        throw change.table === 'atlas.entity'
          ? oldRowsMissing({ repairedByCopy: true, lasts: true })
          : OLD_HEARTBEAT_MISSING();
      case 'other':
        return undefined;
    }
  }

  /** The transaction is complete. @param stored called once all of it, and everything before, is in the sink with its position. */
  end(commitEnd: bigint, stored: () => void): Promise<void> | undefined {
    if (!this.#hasHeartbeat) {
      return this.#options.receiver.receive({ kind: 'commit', lsn: this.#proven, acknowledge: () => {} });
    }
    this.#hasHeartbeat = false;
    this.#proven = commitEnd;
    return this.#options.receiver.receive({ kind: 'commit', lsn: commitEnd, acknowledge: stored });
  }

  #beat(row: ShardRow, previous: ShardRow): Promise<void> | undefined {
    const { shard } = this.#options;
    if (row.shard !== shard) throw foreignHeartbeat(shard, row.shard);
    if (row.heartbeatAt === null) return undefined;
    const at = exactTimestampMs(row.heartbeatAt);
    const last = this.#heartbeatAt;
    if (previous.heartbeatAt !== null && last !== null && exactTimestampMs(previous.heartbeatAt) > last) {
      throw new HeartbeatGapError(
        `the heartbeat of ${row.heartbeatAt} follows that of ${previous.heartbeatAt}, but the newest one that arrived is that of ${new Date(last).toISOString()}`,
      );
    }
    this.#heartbeatAt = last === null ? at : Math.max(at, last);
    this.#hasHeartbeat = true;
    return row.neededCatalog > this.#knownCatalog ? this.#learn(row.neededCatalog, at) : this.#pass(at);
  }

  async #learn(revision: number, at: number): Promise<void> {
    await this.#options.receiver.receive({ kind: 'catalog', revision });
    this.#knownCatalog = revision;
    await this.#pass(at);
  }

  #pass(at: number): Promise<void> | undefined {
    return this.#options.receiver.receive({ kind: 'heartbeat', at });
  }
}

const OLD_HEARTBEAT_MISSING = () =>
  mustBeCopied('atlas.shard lacks REPLICA IDENTITY FULL, so that gaps would not be noticed; set it', { lasts: true });
