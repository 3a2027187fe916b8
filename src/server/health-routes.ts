import type { FastifyInstance } from 'fastify';
import type { HealthThresholds } from '../config/health-thresholds.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { ReplicationState } from '../freshness/replication-state.ts';
import type { Clock } from '../lib/clock.ts';
import { healthReport } from './health-report.ts';

export interface HealthRoutesOptions {
  readonly replication: ReplicationState;
  readonly shards: readonly ShardId[];
  readonly thresholds: HealthThresholds;
  readonly clock: Clock;
}

/** Liveness, readiness, and the state of replication. */
export function healthRoutes(app: FastifyInstance, options: HealthRoutesOptions): void {
  app.get('/health/live', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'live' }));

  app.get('/health/ready', (_request, reply) => {
    const missing = whatIsMissing(options);
    return reply
      .code(missing.length === 0 ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: missing.length === 0 ? 'ready' : 'not ready', missing });
  });

  app.get('/health/replication', (_request, reply) => {
    const report = healthReport(options.replication, options.shards, options.thresholds, options.clock.now());
    return reply
      .code(report.overall_status === 'healthy' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(report);
  });
}

/** The catalog cannot be missing, because a server listens only once it is loaded. */
function whatIsMissing({ replication, shards }: HealthRoutesOptions): string[] {
  return shards
    .filter((shard) => replication.source(shard, 'PRIMARY').health === 'DOWN')
    .map((shard) => `the primary of shard ${shard} does not answer`);
}
