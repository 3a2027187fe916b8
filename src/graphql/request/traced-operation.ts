import type { Tracing } from '../../observability/tracing.ts';
import type { RequestReport } from '../../resolvers/request-report.ts';

/** Errors that are not the client's fault. */
const FAILURES: ReadonlySet<string> = new Set([
  'INTERNAL',
  'TIMEOUT',
  'FRESHNESS_UNAVAILABLE',
  'SHARD_UNAVAILABLE',
  'ANALYTICS_UNAVAILABLE',
]);

/** Runs an operation in a span of its own. The document is left out: it may hold values. Null: nothing is traced. */
export function tracedOperation<T>(tracing: Tracing | null, report: RequestReport, work: () => Promise<T>): Promise<T> {
  if (tracing === null) return work();
  return tracing.span('GraphQL Operation', { kind: 'internal' }, async (span) => {
    const result = await work();
    const { operation, errors, progress } = report;
    if (operation !== null) {
      const { type, name } = operation;
      span.rename(name === null ? type : `${type} ${name}`);
      span.set({ 'graphql.operation.type': type, 'graphql.operation.name': name ?? undefined });
    }
    span.set({ 'atlas.cost': progress?.cost.requested });
    const codes = [...new Set((errors ?? []).map(({ code }) => code))];
    if (codes.length > 0) span.set({ 'atlas.error.codes': codes });
    const failure = codes.find((code) => FAILURES.has(code));
    if (failure !== undefined) span.fail(failure);
    return result;
  });
}
