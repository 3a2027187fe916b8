import type { ShardId } from '../../domain/identifiers.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ReplicatedSource } from './read-sources.ts';

/** How often a source is asked whether it has got there: well below a heartbeat, well above a round trip. */
const ASK_EVERY_MS = 10;

/** How waiting passes time; tests replace it. */
export type Pause = (ms: number) => Promise<void>;

/**
 * Asks the source until it has reached all positions, or until `deadline` on the clock; at least once.
 * @returns whether it has: then everything that is read from it afterwards includes them.
 */
export async function awaitPositions(
  source: ReplicatedSource,
  positions: ReadonlyMap<ShardId, bigint>,
  deadline: number,
  clock: Clock,
  pause: Pause,
): Promise<boolean> {
  const shards = [...positions.keys()];
  for (;;) {
    const reached = await source.positions(shards);
    if (shards.every((shard) => (reached.get(shard) ?? -1n) >= (positions.get(shard) ?? 0n))) return true;
    const left = deadline - clock.now();
    if (left <= 0) return false;
    await pause(Math.min(left, ASK_EVERY_MS));
  }
}
