import type { Answer, ReportedFreshness, ReportedRead } from '../client/answer.ts';
import type { Moment } from '../model/entity-history.ts';

/**
 * By how much two readings of the one clock of this machine may differ between processes: each takes the wall clock at its start and
 * counts on by the monotonic clock, and reported moments are cut to milliseconds.
 */
export const CLOCK_TOLERANCE_MS = 20;

/**
 * What a read that reported this lag must contain. Its snapshot was taken after the request was sent, so it contains what was acknowledged
 * `lagMs` before the sending. It also contains what was acknowledged before its `dataTimestamp`, which dates from the primary's clock.
 * Nothing that was sent after the answer had arrived can be in it.
 */
export function promised(
  { sentAt, answeredAt }: Pick<Answer, 'sentAt' | 'answeredAt'>,
  { lagMs, dataTimestamp }: Pick<ReportedRead, 'lagMs' | 'dataTimestamp'>,
): Moment {
  const byLag = lagMs === null ? Number.NEGATIVE_INFINITY : sentAt - lagMs;
  const byTimestamp =
    dataTimestamp === null ? Number.NEGATIVE_INFINITY : Date.parse(dataTimestamp) - CLOCK_TOLERANCE_MS;
  return { includes: Math.max(byLag, byTimestamp), before: answeredAt };
}

/** In the data, an unknown moment is the beginning of time. */
export function asRead({ lagMs, dataTimestamp }: ReportedFreshness): Pick<ReportedRead, 'lagMs' | 'dataTimestamp'> {
  return { lagMs, dataTimestamp: Date.parse(dataTimestamp) === 0 ? null : dataTimestamp };
}

/** What one shard's part of an answer must contain: the least of what its reads report; null if none covers the shard. */
export function promisedFor(answer: Answer, shard: string): Moment | null {
  const reads = answer.freshness?.reads.filter((read) => read.shard === shard || read.shard === null) ?? [];
  if (reads.length === 0) return null;
  return reads
    .map((read) => promised(answer, read))
    .reduce((a, b) => ({ includes: Math.min(a.includes, b.includes), before: Math.max(a.before, b.before) }));
}
