import { untilAborted } from '../lib/abort.ts';
import { Backoff } from '../lifecycle/backoff.ts';
import { type BatchLimits, ChangePipeline } from './change-pipeline.ts';
import type { ChangeSink } from './sink/change-sink.ts';
import type { FollowingSink } from './sink/following-sink.ts';
import type { ChangeSource, CopyProgress } from './source/change-source.ts';

export interface CopyBesideOptions {
  readonly source: ChangeSource;
  readonly sink: ChangeSink;
  /** The same sink as the stream that goes on meanwhile uses it. */
  readonly following: FollowingSink;
  readonly limits: BatchLimits;
  readonly onProgress: (progress: CopyProgress) => void;
  /** The sink fails, which will be retried. */
  readonly onFailing: (error: unknown) => void;
  /** Aborted once the stream ends, in whatever way. */
  readonly signal: AbortSignal;
}

/**
 * Builds a new copy of the shard beside the one that a stream follows, and lets it take over. The stream goes on all the time, and
 * is written into both: what committed before the snapshot is copied, what commits later has arrived after the
 * stream began to be written twice.
 * @returns false: another process is copying the shard. @throws whatever ended it; what was built is given up.
 */
export async function copyBeside({ source, sink, following, limits, ...options }: CopyBesideOptions): Promise<boolean> {
  const { signal, onProgress, onFailing } = options;
  const copyId = await beginCopy(sink, onFailing, signal);
  const rows = new ChangePipeline({
    ...{ sink, limits, from: { copyId, lsn: 0n, heartbeatAt: null } },
    ...{ listener: { written: () => {}, failing: onFailing }, signal, over: signal },
  });
  let isTakenOver = false;
  try {
    await untilAborted(following.follow(copyId), signal);
    const point = await source.snapshot(rows, onProgress, signal);
    if (point === null) return false;
    await rows.settle();
    signal.throwIfAborted();
    await untilAborted(following.takeOver(point), signal);
    isTakenOver = true;
    return true;
  } finally {
    await rows.discard();
    if (!isTakenOver && (await following.giveUp())) await sink.abandonCopy(copyId).catch(onFailing);
  }
}

/**
 * Each attempt begins another copy: one that failed may still be written to by its own statement.
 * @throws the signal's reason once it is aborted; a copy that is begun by then is given up.
 */
async function beginCopy(sink: ChangeSink, onFailing: (error: unknown) => void, signal: AbortSignal): Promise<bigint> {
  const backoff = new Backoff();
  for (;;) {
    signal.throwIfAborted();
    const begun = sink.beginCopy({ endsEarlier: false });
    try {
      return await untilAborted(begun, signal);
    } catch (error) {
      if (signal.aborted) await begun.then((copyId) => sink.abandonCopy(copyId)).catch(onFailing);
      signal.throwIfAborted();
      onFailing(error);
    }
    await backoff.wait(signal);
  }
}
