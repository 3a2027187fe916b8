import type { HealthReport } from '../../../src/server/health-report.ts';
import { readHealth } from '../readers/health.ts';
import type { Part } from '../stack/part.ts';
import type { FaultScope } from './fault.ts';

/** Longer than it takes, by the documentation, until a server counts as down, and a replica as degraded. */
const NOTICED_MS = 12_000;

type Components = HealthReport['components'];

/** Which component of the report must not be healthy while such a part is out of order. */
const IMPAIRED: Readonly<Record<Part['kind'], ((components: Components, shard: string) => string) | null>> = {
  primary: ({ change_stream }, shard) => change_stream.shards[shard]?.status ?? 'missing',
  replica: ({ postgres_replica }, shard) => postgres_replica.shards[shard]?.status ?? 'missing',
  clickhouse: ({ clickhouse }) => clickhouse.status,
  serve: null,
  replicate: null,
  atlas: null,
};

/** Whether the processes that answer have noticed what has been out of order for so long. */
export async function expectHealth(part: Part, brokenForMs: number, { stack, complain }: FaultScope): Promise<void> {
  const statusOf = IMPAIRED[part.kind];
  if (statusOf === null || brokenForMs < NOTICED_MS) return;
  for (const url of stack.healthUrls) {
    const health = await readHealth(url).catch(() => null);
    if (health === null) continue;
    if (statusOf(health.report.components, part.shard ?? '') !== 'healthy') continue;
    complain(
      'health',
      `${part.name} is out of order for ${Math.round(brokenForMs)} ms, but ${url} says ${JSON.stringify(health.report)}`,
    );
  }
}
