import type { FastifyInstance } from 'fastify';
import type { HealthThresholds } from '../config/health-thresholds.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { ReplicationState, SlotStates, TopicStates } from '../freshness/replication-state.ts';
import type { Clock } from '../lib/clock.ts';
import type { VerificationState } from '../verification/verification-state.ts';
import { healthReport } from './health-report.ts';
import type { Readiness } from './readiness.ts';

export interface HealthRoutesOptions {
  readonly readiness: Readiness;
  readonly replication: ReplicationState & SlotStates;
  /** Null without ClickHouse, or if the verification is turned off. */
  readonly verification: VerificationState | null;
  /** Null unless changes come through Kafka. */
  readonly topics: TopicStates | null;
  readonly shards: readonly ShardId[];
  readonly thresholds: HealthThresholds;
  readonly clock: Clock;
}

/** Liveness, readiness, and the state of replication. */
export function healthRoutes(app: FastifyInstance, options: HealthRoutesOptions): void {
  app.get('/health/live', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'live' }));

  app.get<{ Querystring: { strict?: string } }>('/health/ready', ({ query }, reply) => {
    const report = options.readiness.report(query.strict !== undefined && query.strict !== 'false');
    return reply
      .code(report.status === 'ready' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(report);
  });

  app.get('/health/replication', (_request, reply) => {
    const { replication, verification, topics, shards, thresholds, clock } = options;
    const report = healthReport(replication, shards, thresholds, clock.now(), verification, topics);
    return reply
      .code(report.overall_status === 'healthy' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(report);
  });
}
