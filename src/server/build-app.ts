import { randomUUID } from 'node:crypto';
import { type FastifyError, type FastifyInstance, fastify } from 'fastify';
import type { HttpOptions } from '../config/http-options.ts';
import type { GraphQLHandler } from '../graphql/graphql-handler.ts';
import type { ShutdownGrace } from '../lifecycle/shutdown-grace.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { RunVerification } from '../verification/run-verification.ts';
import { graphqlRoute } from './graphql-route.ts';
import { type HealthRoutesOptions, healthRoutes } from './health-routes.ts';
import { recordReplicationState } from './record-replication-state.ts';
import { recordVerification } from './record-verification.ts';
import { startPage } from './start-page.ts';
import { verificationRoute } from './verification-route.ts';

export interface AppOptions extends HealthRoutesOptions {
  readonly http: HttpOptions;
  /** Null if the process serves health and metrics only. */
  readonly graphql: GraphQLHandler | null;
  /** Null unless the process compares for `atlas verify`. */
  readonly verify: RunVerification | null;
  /** How long running requests may take once the server stops. */
  readonly grace: ShutdownGrace;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Every route of the server, not yet listening. */
export function buildApp(options: AppOptions): FastifyInstance {
  const { http, metrics, logger } = options;
  const app = fastify({
    // Longest time for a request to arrive completely, so that a trickling client does not hold a connection forever.
    requestTimeout: http.requestTimeoutMs,
    // JSON attributes may have members of any name, and nothing copies them in a way that could set a prototype.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    // A request that is already on its way over an open connection is served while the server stops.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true },
  });
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: error.message });
    const id = randomUUID();
    logger.error({ err: error, id, route: request.routeOptions.url }, 'a request failed');
    return reply.code(500).send({ error: `Internal error; log id ${id}.` });
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      error: `Nothing is served at ${request.method} ${request.url.split('?', 1)[0]}. GraphQL is at /graphql; / lists the other paths.`,
    }),
  );
  app.addHook('onResponse', async (request, reply) => {
    const labels = {
      route: request.routeOptions.url ?? 'none',
      method: request.method,
      status: String(reply.statusCode),
    };
    metrics.requestDuration.observe(labels, reply.elapsedTime / 1000);
  });
  const { graphql } = options;
  if (graphql !== null) {
    app.register(async (scope) => {
      graphqlRoute(scope, {
        handler: graphql,
        maxBytes: http.maxRequestBytes,
        timeoutMs: http.requestTimeoutMs,
        grace: options.grace,
        onCutOff: (requests) =>
          logger.warn({ requests }, 'the grace period is over; the requests that still run are ended'),
      });
    });
    startPage(app);
  }
  if (options.verify !== null) verificationRoute(app, options.verify);
  healthRoutes(app, options);
  metrics.beforeScrape(() => recordReplicationState(metrics, options.replication, options.shards));
  const { verification } = options;
  if (verification !== null) {
    metrics.beforeScrape(() => recordVerification(metrics, verification, options.shards));
  }
  app.get('/metrics', async (_request, reply) =>
    reply
      .type(metrics.registry.contentType)
      .header('cache-control', 'no-store')
      .send(await metrics.text()),
  );
  return app;
}
