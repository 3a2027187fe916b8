import type { ServedFreshness } from '@atlas/client/fetch';
import { element } from './element.ts';

const REASONS: Readonly<Record<string, string>> = {
  PRIMARY_REQUIRED: 'only the primary is fresh enough',
  WITHIN_BOUND: 'within the bound',
  LAG_EXCEEDED: 'a replica lags too far behind',
  LAG_UNKNOWN: 'the lag of a replica is unknown',
  SOURCE_DOWN: 'a replica does not answer',
  SOURCE_BUSY: 'a replica is busy',
  TOKEN_NOT_REACHED: 'a replica has not got your changes yet',
  NO_REPLICA: 'there is no replica',
};

const age = (ms: number | null): string =>
  ms === null
    ? 'unknown age'
    : ms < 1_000
      ? `${ms} ms`
      : ms < 60_000
        ? `${(ms / 1_000).toFixed(1)} s`
        : `${Math.round(ms / 60_000)} min`;

/** Says how old what is shown may be, and where it came from; opened, each read and why its source answered. */
export function freshnessBadge(served: ServedFreshness | null): HTMLElement {
  if (served === null) return element('span', { className: 'badge' }, 'freshness unknown');
  const { lagMs, stale, source, reads } = served;
  const state = stale === true || lagMs === null ? 'stale' : 'fresh';
  const summary = element(
    'summary',
    { className: `badge ${state}` },
    `${stale === true ? 'stale, ' : ''}${lagMs === 0 ? 'live' : `at most ${age(lagMs)} old`} · ${source.toLowerCase()}`,
  );
  const rows = reads.map((read) =>
    element(
      'li',
      {},
      element('strong', {}, `${read.shard ?? 'all shards'}: ${read.source.toLowerCase()}`),
      ` ${age(read.lagMs)} of ${age(read.requested.maxLagMs)} (${read.requested.class.toLowerCase()}), `,
      REASONS[read.reason] ?? read.reason.toLowerCase().replaceAll('_', ' '),
    ),
  );
  return element('details', { className: 'freshness' }, summary, element('ul', {}, ...rows));
}
