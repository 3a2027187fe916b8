import { Counter, Histogram, type Registry } from 'prom-client';
import { Tally } from './tally.ts';

/** Fewer than those of HTTP requests: each name of an operation has them. */
const OPERATION_SECONDS = [0.005, 0.025, 0.1, 0.5, 2.5, 10];
const COST = [1, 10, 100, 1_000, 10_000, 100_000];

/** What the operations of clients are, take and cost. */
export class GraphQLMetrics {
  readonly errors: Tally<'code'>;
  readonly operationDuration: Histogram<'type' | 'name' | 'outcome'>;
  readonly operationCost: Histogram;
  readonly slowRequests: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.errors = new Tally({
      name: 'atlas_graphql_errors_total',
      help: 'Errors in responses of /graphql, by code; one that stands for several counts as often',
      labelNames: ['code'],
      registers,
    });
    this.operationDuration = new Histogram({
      name: 'atlas_graphql_operation_duration_seconds',
      help: 'Time from the arrival of a valid operation to its answer, by type, name (bounded in number) and outcome: ok, or error if it has any',
      labelNames: ['type', 'name', 'outcome'],
      buckets: OPERATION_SECONDS,
      registers,
    });
    this.operationCost = new Histogram({
      name: 'atlas_graphql_operation_cost',
      help: 'Cost of operations, as estimated, with what their lists had beyond that',
      buckets: COST,
      registers,
    });
    this.slowRequests = new Counter({
      name: 'atlas_graphql_slow_requests_total',
      help: 'Requests that took at least ATLAS_SLOW_REQUEST_MS; each has a line in the log',
      registers,
    });
  }
}
