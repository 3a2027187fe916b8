import { setTimeout as delay } from 'node:timers/promises';
import type { ShardId } from '../domain/identifiers.ts';
import type { ShardReplicationState } from './shard-replicator.ts';
import type { CopyProgress } from './source/change-source.ts';

/** How often it is looked at. */
const POLL_MS = 500;
/** A copy that has not grown for so long is asked for again: the process that built it may be gone. */
const STALLED_MS = 30_000;

/** A copy that some process is building. */
export interface UnfinishedCopy {
  readonly copyId: bigint;
  readonly progress: CopyProgress;
}

/** What is known of a shard's copies in the sink. */
export interface CopiesOfShard {
  /** The one that is read; null: none is complete. */
  readonly live: bigint | null;
  /** The newest one that is not complete. */
  readonly unfinished: UnfinishedCopy | null;
}

export interface ResyncOptions {
  readonly shard: ShardId;
  /** A replicator of the shard with `copyAnew` and `resnapshot`, which has been started. It stands by while another process streams. */
  readonly replicator: { state(): ShardReplicationState };
  readonly copies: (signal: AbortSignal) => Promise<CopiesOfShard>;
  /** Asks the process that streams the shard for a new copy. */
  readonly request: (replaced: bigint, signal: AbortSignal) => Promise<void>;
  /** Writes the shard's heartbeat, with which a new copy takes over on a shard without other writes. */
  readonly beat: () => Promise<unknown>;
  readonly onProgress: (progress: CopyProgress | null) => void;
}

/**
 * Has a shard copied anew: by the process that streams it or, if there is none, by this one. The copy that is read until then is
 * followed all the time, if it can be.
 * @throws Error if it cannot be copied, or the signal's reason. The copy that was read before is still read then.
 */
export async function resyncShard(options: ResyncOptions, signal: AbortSignal): Promise<void> {
  const { replicator, copies, request, beat, onProgress } = options;
  const replaced = (await copies(signal)).live;
  let asked: { readonly at: number; readonly grown: string } | null = null;
  for (;;) {
    await beat();
    const { live, unfinished } = await copies(signal);
    if (live !== null && (replaced === null || live > replaced)) return;
    const { phase, lastError, copyProgress } = replicator.state();
    if (phase === 'failed') throw new Error(lastError ?? 'Change capture has failed');
    onProgress(copyProgress ?? unfinished?.progress ?? null);
    if (phase === 'standby' && replaced !== null) {
      const grown = `${unfinished?.copyId} ${unfinished?.progress.rows}`;
      if (asked === null || (performance.now() - asked.at > STALLED_MS && grown === asked.grown)) {
        await request(replaced, signal);
        asked = { at: performance.now(), grown };
      } else if (grown !== asked.grown) {
        asked = { at: performance.now(), grown };
      }
    }
    await delay(POLL_MS, undefined, { signal });
  }
}
