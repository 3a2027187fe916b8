import { randomUUID } from 'node:crypto';
import { type FastifyError, type FastifyInstance, fastify } from 'fastify';
import type { HttpOptions } from '../config/http-options.ts';
import type { LagHistory } from '../freshness/lag-history.ts';
import type { GraphQLHandler } from '../graphql/graphql-handler.ts';
import type { ShutdownGrace } from '../lifecycle/shutdown-grace.ts';
import { BoundedNames } from '../observability/bounded-names.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Tracing } from '../observability/tracing.ts';
import type { RunVerification } from '../verification/run-verification.ts';
import { ArrivingBodies } from './arriving-bodies.ts';
import { compressResponses } from './compress.ts';
import { allowOrigins } from './cors.ts';
import { graphqlRoute } from './graphql-route.ts';
import { graphqlWebSocket } from './graphql-websocket.ts';
import { type HealthRoutesOptions, healthRoutes } from './health-routes.ts';
import { lagHistoryRoute } from './lag-history-route.ts';
import { malformedRequests } from './malformed-requests.ts';
import { explorer } from './pages/explorer.ts';
import { startPage } from './pages/start-page.ts';
import { addSecurityHeaders, checkHost } from './protect.ts';
import { recordReplicationState } from './record-replication-state.ts';
import { recordTopics } from './record-topics.ts';
import { recordVerification } from './record-verification.ts';
import { requestId } from './request-id.ts';
import { RequestRecorder } from './request-recorder.ts';
import { UnsentResponses } from './unsent-responses.ts';
import { verificationRoute } from './verification-route.ts';

/** How often connections are checked for what has not arrived in time. */
const CONNECTION_CHECK_MS = 1_000;

export interface AppOptions extends HealthRoutesOptions {
  readonly http: HttpOptions;
  /** Null if the process serves health and metrics only. */
  readonly graphql: GraphQLHandler | null;
  /** Null unless the process compares for `atlas verify`. */
  readonly verify: RunVerification | null;
  /** How long running requests may take once the server stops. */
  readonly grace: ShutdownGrace;
  /** Null if the process serves health and metrics only. */
  readonly lagHistory: LagHistory | null;
  readonly metrics: Metrics;
  /** Null if nothing is traced. */
  readonly tracing: Tracing | null;
  readonly logger: Logger;
}

/** The routes for clients, and those for operators unless they have a port of their own; not yet listening. */
export function buildApp(options: AppOptions): FastifyInstance {
  const app = emptyApp(options);
  const { http, graphql, logger } = options;
  if (graphql !== null) {
    const recorder = new RequestRecorder({
      metrics: options.metrics,
      logger,
      slowMs: http.slowRequestMs,
      names: new BoundedNames(http.operationNames),
    });
    graphqlWebSocket(app, {
      ...{ handler: graphql, maxBytes: http.maxRequestBytes, shape: http.bodyShape, recorder, logger },
      ...{ timeoutMs: http.requestTimeoutMs, initTimeoutMs: http.headersTimeoutMs },
      maxUnsentBytes: http.maxUnsentBytes,
      ...{ origins: http.corsOrigins, hosts: http.allowedHosts },
    });
    app.register(async (scope) => {
      if (http.corsOrigins.length > 0) await allowOrigins(scope, http.corsOrigins);
      if (http.compressFromBytes !== null) await compressResponses(scope, http.compressFromBytes);
      graphqlRoute(scope, {
        handler: graphql,
        maxBytes: http.maxRequestBytes,
        shape: http.bodyShape,
        arriving: new ArrivingBodies(http.maxArrivingBytes),
        unsent: new UnsentResponses(http.maxUnsentBytes),
        timeoutMs: http.requestTimeoutMs,
        grace: options.grace,
        tracing: options.tracing,
        recorder,
        onCutOff: (requests) =>
          logger.warn({ requests }, 'the grace period is over; the requests that still run are ended'),
      });
    });
  }
  if (http.admin === null) adminRoutes(app, options);
  return app;
}

/** The routes for operators, for a port of their own. */
export function buildAdminApp(options: AppOptions): FastifyInstance {
  const app = emptyApp(options);
  adminRoutes(app, options);
  return app;
}

function emptyApp({ http, metrics, logger }: AppOptions): FastifyInstance {
  const app = fastify({
    ...malformedRequests,
    genReqId: requestId,
    // Longest time for a request to arrive completely, so that a trickling client does not hold a connection forever.
    requestTimeout: http.requestTimeoutMs,
    keepAliveTimeout: http.idleTimeoutMs,
    // A client that does not read its response must not hold it forever either. Nothing is sent while a request runs.
    connectionTimeout: http.requestTimeoutMs + http.idleTimeoutMs,
    http: {
      headersTimeout: Math.min(http.headersTimeoutMs, http.requestTimeoutMs),
      connectionsCheckingInterval: Math.min(http.headersTimeoutMs, CONNECTION_CHECK_MS),
    },
    // JSON attributes may have members of any name, and nothing copies them in a way that could set a prototype.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    // A request that is already on its way over an open connection is served while the server stops.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true },
  });
  app.server.maxConnections = http.maxConnections;
  addSecurityHeaders(app);
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  if (http.allowedHosts.length > 0) checkHost(app, http.allowedHosts);
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: error.message });
    const id = randomUUID();
    logger.error({ err: error, id, requestId: request.id, route: request.routeOptions.url }, 'a request failed');
    return reply.code(500).send({ error: `Internal error; log id ${id}.` });
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      error: `Nothing is served at ${request.method} ${request.url.split('?', 1)[0]}. ${whereToLook(http)}`,
    }),
  );
  app.addHook('onResponse', (request, reply, done) => {
    const labels = {
      route: request.routeOptions.url ?? 'none',
      method: request.method,
      status: String(reply.statusCode),
    };
    metrics.requestDuration.observe(labels, reply.elapsedTime / 1000);
    done();
  });
  return app;
}

function whereToLook({ admin }: HttpOptions): string {
  return admin === null
    ? 'GraphQL is at /graphql; / lists the other paths.'
    : 'GraphQL is at /graphql; health and metrics have a port of their own.';
}

/** Health, metrics, and the pages for people if the process serves GraphQL. */
function adminRoutes(app: FastifyInstance, options: AppOptions): void {
  const { metrics, replication, shards, topics, verification } = options;
  if (options.graphql !== null) {
    // The explorer sends its operations to the port that it comes from.
    const hasExplorer = options.http.admin === null;
    startPage(app, { hasExplorer });
    if (hasExplorer) explorer(app);
  }
  if (options.verify !== null) verificationRoute(app, options.verify);
  healthRoutes(app, options);
  if (options.lagHistory !== null) lagHistoryRoute(app, options.lagHistory, options.clock);
  metrics.beforeScrape(() => recordReplicationState(metrics, replication, shards));
  if (topics !== null) metrics.beforeScrape(() => recordTopics(metrics, topics, shards));
  if (verification !== null) metrics.beforeScrape(() => recordVerification(metrics, verification, shards));
  app.get('/metrics', async (_request, reply) =>
    reply
      .type(metrics.registry.contentType)
      .header('cache-control', 'no-store')
      .send(await metrics.text()),
  );
}
