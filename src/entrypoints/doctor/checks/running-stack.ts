import { type Finding, fail, ok, warn } from '../finding.ts';
import type { Check } from '../patient.ts';

interface Component {
  readonly status: string;
  readonly shards: Readonly<
    Record<string, { readonly status: string; readonly lag_ms?: number | null; readonly reason?: string }>
  >;
}

const NAMES: Readonly<Record<string, string>> = {
  postgres_replica: 'The replica',
  clickhouse: 'The copy in ClickHouse',
  change_stream: 'Change capture',
  verification: 'The comparison of ClickHouse with Postgres',
};

/** What the embedded stack says of itself: its ClickHouse is in its process, and answers nobody else. */
export const runningStack: Check = {
  title: 'running stack',
  async examine({ stack, settings }) {
    if (stack === null) return [];
    const url = `${stack.http}/health/replication`;
    const response = await fetch(url, { signal: AbortSignal.timeout(settings.ATLAS_CONNECT_TIMEOUT_MS) }).catch(
      () => null,
    );
    if (response === null) return [fail(`"atlas dev" does not answer at ${url}; stop it, and start it again.`)];
    const { components } = (await response.json()) as { components: Readonly<Record<string, Component>> };
    return Object.entries(components).flatMap(([name, { shards }]) =>
      Object.entries(shards).map(([shard, { status, reason }]): Finding => {
        const what = `${NAMES[name] ?? name} of shard ${shard} is ${status}`;
        if (status === 'healthy') return ok(`${what}.`);
        const remedy = `${reason === undefined ? '' : `: ${reason}`}; see ${stack.home}/atlas.log.`;
        return status === 'degraded' ? warn(what + remedy) : fail(what + remedy);
      }),
    );
  },
};
