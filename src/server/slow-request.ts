import { AtlasError } from '../domain/errors.ts';
import type { AskedQuestion } from '../loaders/request-reads.ts';
import type { RequestReport } from '../resolvers/request-report.ts';

/** More say nothing new, and a line of a log should stay readable. */
const MOST_READS = 50;

/**
 * The line of the log: what was asked, what it cost, and the route of every read. The document, its variables and the answer are left out:
 * they may hold data of tenants.
 * @param now on the clock of `performance.now()`, for what is still under way.
 */
export function slowRequest(
  { id, operation, progress, errors }: RequestReport,
  status: number,
  ms: number,
  now: number,
) {
  const asked = progress?.reads.asked ?? [];
  const reads = asked.flatMap((question) => routesOf(question, now));
  return {
    requestId: id,
    operation: operation?.name ?? null,
    type: operation?.type ?? null,
    tenant: progress?.tenantId ?? null,
    status,
    ms: rounded(ms),
    cost: progress?.cost.requested ?? null,
    ...(errors !== null && errors.length > 0 && { errors: [...new Set(errors.map(({ code }) => code))] }),
    reads: reads.slice(0, MOST_READS),
    ...(reads.length > MOST_READS && { furtherReads: reads.length - MOST_READS }),
  };
}

/** One for each source that contributed; one without a source for a question that failed or is still under way. */
function routesOf({ question, requirement, startedAt, outcome }: AskedQuestion, now: number): object[] {
  const asked = { question, class: requirement.class, maxLagMs: requirement.maxLagMs };
  if (outcome === null) return [{ ...asked, ms: rounded(now - startedAt), unfinished: true }];
  if (outcome.answer === null) {
    const error = outcome.error instanceof AtlasError ? outcome.error.code : 'INTERNAL';
    return [{ ...asked, ms: rounded(outcome.endedAt - startedAt), error }];
  }
  const { reads, ms, entities } = outcome.answer;
  return reads.map(({ shard, source, lagMs, reason, stale }, part) => ({
    ...asked,
    shard,
    source,
    lagMs: lagMs === null ? null : rounded(lagMs),
    reason,
    stale,
    ms: rounded(ms[part] ?? 0),
    entities: entities[part] ?? 0,
  }));
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
