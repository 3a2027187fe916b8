import type { BoundedNames } from '../observability/bounded-names.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { RequestReport } from '../resolvers/request-report.ts';
import { slowRequest } from './slow-request.ts';

export interface RequestRecorderOptions {
  readonly metrics: Pick<Metrics, 'graphql'>;
  readonly logger: Logger;
  /** Requests that take at least this long are logged, in milliseconds; 0: none. */
  readonly slowMs: number;
  readonly names: BoundedNames;
}

/** Nobody gets these responses. */
const CLIENT_GONE = 499;

/** Counts the requests for GraphQL by what they report, and logs the slow ones. */
export class RequestRecorder {
  readonly #options: RequestRecorderOptions;

  constructor(options: RequestRecorderOptions) {
    this.#options = options;
  }

  /** @param ms from the arrival of the request to its answer. */
  record(report: RequestReport, status: number, ms: number): void {
    const { metrics, logger, slowMs, names } = this.#options;
    const { errors, operationDuration, operationCost } = metrics.graphql;
    const own = report.errors ?? [];
    if (status !== CLIENT_GONE) for (const { code, count } of own) errors.count([code], count);
    if (report.operation !== null) {
      const { type, name } = report.operation;
      const outcome = own.length === 0 ? 'ok' : 'error';
      operationDuration.observe({ type, name: names.labelOf(name), outcome }, ms / 1_000);
      operationCost.observe(report.progress?.cost.requested ?? 0);
    }
    if (slowMs === 0 || ms < slowMs) return;
    metrics.graphql.slowRequests.inc();
    logger.warn(slowRequest(report, status, ms, performance.now()), 'a slow request');
  }
}
