import { systemClock } from '../../../src/lib/clock.ts';
import type { HealthReport } from '../../../src/server/health-report.ts';
import type { Complain } from '../checker/violation.ts';

/** What `/health/replication` of one process said; null if it did not answer in time. */
export interface ObservedHealth {
  readonly status: number;
  readonly report: HealthReport;
}

const RANK: readonly string[] = ['healthy', 'degraded', 'down'];
const PATIENCE_MS = 5_000;

/** @throws the error of `fetch` if there is no answer in time. */
export async function readHealth(url: string, stopping?: AbortSignal): Promise<ObservedHealth> {
  const timeout = AbortSignal.timeout(PATIENCE_MS);
  const signal = stopping === undefined ? timeout : AbortSignal.any([timeout, stopping]);
  const response = await fetch(`${url}/health/replication`, { signal });
  return { status: response.status, report: (await response.json()) as HealthReport };
}

/** Whether the report agrees with itself: the whole is as bad as its worst part, and nothing unknown is healthy. */
export function checkHealth({ status, report }: ObservedHealth, complain: Complain): void {
  const { components, overall_status: overall } = report;
  const parts = Object.values(components);
  const worst = Math.max(...parts.map((part) => RANK.indexOf(part.status)));
  if (RANK.indexOf(overall) !== worst) complain('health', `overall_status is ${overall}: ${JSON.stringify(report)}`);
  if ((status === 200) !== (overall === 'healthy')) complain('health', `HTTP ${status} with overall_status ${overall}`);
  for (const component of [components.postgres_replica, components.clickhouse]) {
    for (const [shard, { status: said, lag_ms: lag }] of Object.entries(component.shards)) {
      const isDown = lag === null;
      if (isDown !== (said === 'down')) complain('health', `${shard} is ${said} with lag_ms ${lag}`);
      if (said === 'healthy' && lag !== null && lag > component.threshold_ms) {
        complain('health', `${shard} is healthy with lag_ms ${lag} of ${component.threshold_ms}`);
      }
    }
  }
  const age = Math.abs(Date.parse(report.timestamp) - systemClock.now());
  if (age > 60_000) complain('health', `timestamp is ${report.timestamp}`);
}

interface AnsweredReplication {
  readonly health: string;
  readonly shards: readonly {
    readonly shard: string;
    readonly sources: readonly { readonly source: string; readonly health: string; readonly lagMs: number | null }[];
    readonly changeStream: { readonly health: string };
  }[];
}

export const REPLICATION_QUERY =
  '{ replication { timestamp health shards { shard sources { source health lagMs } changeStream { health lagBytes lagMessages } } } }';

/** The same of the query `replication`. */
export function checkReplication({ health, shards }: AnsweredReplication, complain: Complain): void {
  const all = shards.flatMap(({ sources, changeStream }) => [...sources, changeStream].map((part) => part.health));
  const worst = Math.max(...all.map((part) => RANK.indexOf(part.toLowerCase())));
  if (RANK.indexOf(health.toLowerCase()) !== worst) complain('health', `replication.health is ${health} of ${all}`);
  for (const { shard, sources } of shards) {
    for (const { source, health: said, lagMs } of sources) {
      if (lagMs === null && said !== 'DOWN') complain('health', `${source} of ${shard} is ${said} with an unknown lag`);
    }
  }
}
