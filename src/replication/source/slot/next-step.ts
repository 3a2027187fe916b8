import type { ShardId } from '../../../domain/identifiers.ts';
import { foreignServer } from '../../../domain/shard.ts';
import type { SinkPosition } from '../../change.ts';
import { mustBeCopied, UnrepairableError } from '../../unrepairable-error.ts';
import type { NextStep } from '../change-source.ts';
import { formatLsn } from './lsn.ts';
import { publicationFault } from './publication.ts';
import { CDC_SLOT, type PrimaryState } from './replication-slot.ts';

/**
 * What to do with a shard, given what its primary and the sink know of each other. The sink's position is written before the slot
 * is advanced, so it is never behind the slot unless one of the two has lost something.
 * @throws Error if the primary has not been set up.
 */
export function nextStep(shard: ShardId, primary: PrimaryState, reached: SinkPosition | null): NextStep {
  const { slot } = primary;
  const unfit = unfitPrimary(shard, primary);
  if (unfit !== null) return failed(unfit);
  if (slot !== null && slot.holder !== null) return { kind: 'standby', holder: slot.holder };
  const fault = publicationFaultFor(primary, reached);
  if (fault !== null) return failed(fault);
  // Never copied, or the copy was interrupted. A slot alone proves nothing.
  if (reached === null) return { kind: 'copy', reason: null };
  if (slot === null) return broken(`the replication slot "${CDC_SLOT}" does not exist on the primary`);
  if (slot.invalidation !== null) {
    return broken(`the replication slot "${CDC_SLOT}" has lost changes (${slot.invalidation})`);
  }
  const replaced = replacedPrimary(primary, reached);
  if (replaced !== null) return failed(replaced);
  if (slot.confirmedLsn > reached.lsn) {
    return {
      kind: 'copy',
      reason: `the sink has the changes up to ${formatLsn(reached.lsn)}, but the slot has released those before ${formatLsn(slot.confirmedLsn)}: the sink was restored from a backup, or the slot was made anew`,
    };
  }
  return { kind: 'stream', from: reached };
}

/**
 * Why nothing can be captured from the primary as it is; null if it can.
 * @throws Error if the primary has not been set up.
 */
export function unfitPrimary(shard: ShardId, primary: PrimaryState): UnrepairableError | null {
  if (primary.shard === null) throw new Error(`Shard ${shard} is not set up; run "atlas migrate".`);
  if (primary.shard !== shard) return foreignShard(shard, primary.shard);
  return primary.sendsOldRows ? null : oldRowsMissing({ repairedByCopy: false, lasts: false });
}

/** A copy that is to be made follows the publication that there is then. */
export function publicationFaultFor(primary: PrimaryState, reached: SinkPosition | null): UnrepairableError | null {
  const fault = publicationFault(primary.publication);
  return fault === null || (reached === null && fault.repairedByCopy) ? null : fault;
}

/** Lasts, because the WAL grows past that position but is a different WAL. */
export function replacedPrimary({ end }: PrimaryState, { lsn }: SinkPosition): UnrepairableError | null {
  if (end >= lsn) return null;
  return mustBeCopied(
    `the sink has changes up to ${formatLsn(lsn)}, beyond the end of the primary's WAL at ${formatLsn(end)}: the primary was replaced or restored`,
    { lasts: true },
  );
}

export function foreignShard(configured: ShardId, found: ShardId): UnrepairableError {
  return new UnrepairableError(foreignServer(configured, 'primary', found), { repairedByCopy: false, lasts: false });
}

/** Of a heartbeat within the stream. */
export function foreignHeartbeat(configured: ShardId, found: string): UnrepairableError {
  return new UnrepairableError(
    `The change stream of shard ${configured} comes from shard ${found}; correct the URL of ${configured}'s primary, then run "atlas replicate --resnapshot".`,
    { repairedByCopy: true, lasts: true },
  );
}

/** The same error before the stream and for the first change without its old row. */
export function oldRowsMissing(options: { repairedByCopy: boolean; lasts: boolean }): UnrepairableError {
  return new UnrepairableError(
    'atlas.entity or one of its partitions lacks REPLICA IDENTITY FULL, so changes arrive without the old row; set it on all of them, then run "atlas replicate --resnapshot".',
    options,
  );
}

function broken(reason: string): NextStep {
  return failed(mustBeCopied(reason, { lasts: false }));
}

export function failed(error: UnrepairableError): NextStep {
  return { kind: 'failed', error };
}
