import type { Position } from './sink/change-sink.ts';
import { formatLsn } from './source/lsn.ts';
import { CDC_SLOT } from './source/names.ts';
import type { SlotState } from './source/replication-slot.ts';

export type NextStep =
  | { readonly kind: 'copy' }
  | { readonly kind: 'stream'; readonly from: Position }
  /** Streaming on would leave a gap. */
  | { readonly kind: 'broken'; readonly reason: string };

/**
 * What to do with a shard, given what its primary and ClickHouse know of each other. The position in ClickHouse is
 * written before the slot is told, so that it is never behind the slot unless one of the two has lost something.
 * @param end of the primary's WAL.
 */
export function nextStep(slot: SlotState | null, position: Position | null, end: bigint): NextStep {
  // Never copied, or the copy was interrupted: a slot alone says nothing.
  if (position === null) return { kind: 'copy' };
  if (slot === null) return broken(`the replication slot "${CDC_SLOT}" does not exist on the primary`);
  if (slot.invalidation !== null) {
    return broken(`the replication slot "${CDC_SLOT}" has lost changes (${slot.invalidation})`);
  }
  if (slot.confirmedLsn > position.lsn) {
    return broken(
      `ClickHouse has the changes up to ${formatLsn(position.lsn)}, but the slot has let go of those before ${formatLsn(slot.confirmedLsn)}`,
    );
  }
  if (end < position.lsn) {
    return broken(
      `ClickHouse has changes up to ${formatLsn(position.lsn)}, beyond the end of the primary's WAL at ${formatLsn(end)}: the primary was replaced or restored`,
    );
  }
  return { kind: 'stream', from: position };
}

function broken(reason: string): NextStep {
  return { kind: 'broken', reason };
}
