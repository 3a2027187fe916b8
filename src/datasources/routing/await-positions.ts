import { setTimeout } from 'node:timers/promises';
import { covers, type Positions } from '../../freshness/positions.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ReplicatedSource } from './replicated-source.ts';

/** Interval between queries for the positions of a source: well below a heartbeat, well above a round trip. */
const ASK_EVERY_MS = 10;

/** How waiting passes time; tests replace it. Rejects with the signal's reason as soon as it is aborted. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

export const systemPause: Pause = (ms, signal) =>
  setTimeout(ms, undefined, { signal }).catch(() => signal.throwIfAborted());

/**
 * Queries the source until it has reached all positions, or until `deadline` on the clock; at least once.
 * @returns whether it has. If so, everything read from it afterwards includes them.
 * @throws the signal's reason as soon as it is aborted, or what the source throws.
 */
export async function awaitPositions(
  source: Pick<ReplicatedSource, 'positions'>,
  positions: Positions,
  deadline: number,
  { clock, pause }: { readonly clock: Clock; readonly pause: Pause },
  signal: AbortSignal,
): Promise<boolean> {
  const shards = [...positions.keys()];
  for (;;) {
    signal.throwIfAborted();
    const reached = await source.positions(shards, signal);
    if (covers(reached, positions)) return true;
    const remainingMs = deadline - clock.now();
    if (remainingMs <= 0) return false;
    await pause(Math.min(remainingMs, ASK_EVERY_MS), signal);
  }
}
