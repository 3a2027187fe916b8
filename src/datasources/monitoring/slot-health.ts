import type { HealthThresholds } from '../../config/health-thresholds.ts';
import type { ReplicationHealth } from '../../freshness/freshness.ts';
import type { SlotState } from '../../freshness/replication-state.ts';
import type { ProbedSlot } from './probe-primary.ts';

/**
 * Whether a slot retains so much WAL that its reader, or the disk of its primary, is in danger.
 * @param probed null if there is no such slot; undefined if the primary does not say.
 * @param lost what it means that the slot has lost WAL, or is not there.
 */
export function slotState(
  name: string,
  probed: ProbedSlot | null | undefined,
  thresholds: HealthThresholds,
  lost: ReplicationHealth,
): SlotState {
  if (probed === undefined)
    return { name, health: 'DOWN', walStatus: null, retainedBytes: null, safeBytes: null, spilledBytes: null };
  if (probed === null)
    return { name, health: lost, walStatus: 'missing', retainedBytes: null, safeBytes: 0, spilledBytes: null };
  const { walStatus, retainedBytes, spilledBytes } = probed;
  if (walStatus === 'lost') return { name, health: lost, walStatus, retainedBytes: null, safeBytes: 0, spilledBytes };
  const safeBytes = probed.safeBytes ?? Number.POSITIVE_INFINITY;
  const strained =
    walStatus === 'unreserved' ||
    (retainedBytes ?? 0) > thresholds.slotWalBytes ||
    safeBytes < (probed.limitBytes * thresholds.slotSafePercent) / 100;
  return { name, health: strained ? 'DEGRADED' : 'HEALTHY', walStatus, retainedBytes, safeBytes, spilledBytes };
}
