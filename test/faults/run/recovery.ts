import { setTimeout as sleep } from 'node:timers/promises';
import type { HealthReport } from '../../../src/server/health-report.ts';
import { readHealth } from '../readers/health.ts';

/** A stack in which nothing has changed for so long does not recover by itself. */
const STALLED_MS = 60_000;
const LONGEST_MS = 3 * 60_000;
const ASK_EVERY_MS = 100;

/**
 * Waits until every process reports what is wanted; by default, that everything is healthy. It may take long on a slow machine, as long
 * as something changes.
 * @throws Error if nothing changes any more.
 */
export async function untilHealthy(
  urls: readonly string[],
  isEnough: (report: HealthReport) => boolean = ({ overall_status }) => overall_status === 'healthy',
): Promise<void> {
  const begun = performance.now();
  let changedAt = begun;
  let before = '';
  for (;;) {
    const reports = await Promise.all(
      urls.map((url) =>
        readHealth(url)
          .then(({ report }) => report)
          .catch(() => null),
      ),
    );
    if (reports.every((report) => report !== null && isEnough(report))) return;
    const progress = JSON.stringify(reports.map(progressOf));
    const now = performance.now();
    if (progress !== before) [before, changedAt] = [progress, now];
    if (now - changedAt > STALLED_MS || now - begun > LONGEST_MS) {
      throw new Error(`The stack does not recover:\n${JSON.stringify(reports, null, 2)}`);
    }
    await sleep(ASK_EVERY_MS);
  }
}

/** What changes while something is being repaired. Lags in time and bytes grow by themselves and say nothing. */
function progressOf(report: HealthReport | null): unknown {
  if (report === null) return null;
  const { postgres_replica, clickhouse, change_stream } = report.components;
  return [
    Object.values(postgres_replica.shards).map(({ status }) => status),
    Object.values(clickhouse.shards).map(({ status }) => status),
    Object.values(change_stream.shards).map(({ status, lag_messages, reason }) => [status, lag_messages, reason]),
  ];
}
