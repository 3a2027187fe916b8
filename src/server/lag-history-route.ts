import type { FastifyInstance } from 'fastify';
import type { LagHistory } from '../freshness/lag-history.ts';
import type { Clock } from '../lib/clock.ts';

/** `GET /health/lag`: the lag of every source in the last five minutes. */
export function lagHistoryRoute(app: FastifyInstance, history: LagHistory, clock: Clock): void {
  app.get('/health/lag', (_request, reply) =>
    reply.header('cache-control', 'no-store').send({
      timestamp: new Date(clock.now()).toISOString(),
      period_ms: history.periodMs,
      series: history
        .series()
        .map(({ shard, source, replica, lagMs }) => ({ shard, source: source.toLowerCase(), replica, lag_ms: lagMs })),
    }),
  );
}
