/** What a probe found in a replicated source. */
export interface ProgressSample {
  /** When it was found, in milliseconds on this process's clock. */
  readonly at: number;
  /** The newest heartbeat there, in milliseconds on the primary's clock. */
  readonly heartbeatAt: number;
  /** The position of that heartbeat in the primary's WAL; null if it is not known. */
  readonly position: bigint | null;
}

/** How a replicated source has advanced lately: by the whole window or by its end, whichever is slower, so that one that has just stopped is not taken for one that goes on. */
export interface SourceProgress {
  /**
   * Milliseconds of the primary's time applied per millisecond: 0 has stopped, 1 keeps its distance, more catches up. At least 0.
   */
  readonly rate: number;
  /** The newest position found; null if it is not known. */
  readonly position: bigint | null;
  /** Bytes of WAL applied per millisecond; 0 if it is not known. At least 0. */
  readonly bytesPerMs: number;
}

/**
 * Only samples of this time count, in milliseconds: long enough that a heartbeat more or less (`ATLAS_HEARTBEAT_INTERVAL_MS`, 100 ms)
 * changes the rate by a few per cent, short enough that a source that has begun to catch up is noticed.
 */
const WINDOW_MS = 5_000;

/** The end of the window, in milliseconds: at least this long, and at least so many heartbeats as they have arrived in the window. */
const RECENT_MS = 1_000;
const RECENT_HEARTBEATS = 3;

/** Samples closer together than this say more about heartbeats and round trips than about the source. */
const LEAST_SPAN_MS = 500;

/** Keeps the samples of the last seconds. A gap, such as a pause of this process, leaves none from before it. */
export class ProgressWindow {
  #samples: ProgressSample[] = [];

  observe(sample: ProgressSample): void {
    this.#samples = [...this.#since(sample.at), sample];
  }

  /** Null if too little was found lately to say. */
  at(now: number): SourceProgress | null {
    const samples = this.#since(now);
    const [first] = samples;
    const last = samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < LEAST_SPAN_MS) return null;
    const recentMs = Math.max(RECENT_MS, RECENT_HEARTBEATS * heartbeatGapMs(samples));
    const recent = samples.findLast(({ at }) => at <= last.at - recentMs) ?? first;
    const spans = [first, recent].map((from) => between(from, last));
    return {
      rate: Math.min(...spans.map(({ rate }) => rate)),
      position: last.position,
      bytesPerMs: Math.min(...spans.map(({ bytesPerMs }) => bytesPerMs)),
    };
  }

  /** A sample from the future was taken before the clock was set back. */
  #since(now: number): ProgressSample[] {
    return this.#samples.filter(({ at }) => at > now - WINDOW_MS && at <= now);
  }
}

function between(from: ProgressSample, to: ProgressSample): Pick<SourceProgress, 'rate' | 'bytesPerMs'> {
  const elapsed = to.at - from.at;
  const bytes = to.position === null || from.position === null ? 0 : Number(to.position - from.position);
  return {
    rate: Math.max(0, (to.heartbeatAt - from.heartbeatAt) / elapsed),
    bytesPerMs: Math.max(0, bytes / elapsed),
  };
}

/** The average time between two samples that show another heartbeat, as long as any arrived. */
function heartbeatGapMs(samples: readonly ProgressSample[]): number {
  const arrivals = samples.filter(
    ({ heartbeatAt }, place) => place > 0 && heartbeatAt !== samples[place - 1]?.heartbeatAt,
  );
  const [first] = samples;
  const last = arrivals.at(-1);
  return first === undefined || last === undefined ? 0 : (last.at - first.at) / arrivals.length;
}
