import { loadSettings } from '../../src/config/config.ts';
import { healthThresholds } from '../../src/config/health-thresholds.ts';
import { httpOptions } from '../../src/config/http-options.ts';
import type { SettingName } from '../../src/config/settings.ts';
import { LagHistory } from '../../src/freshness/lag-history.ts';
import type { GraphQLHandler, GraphQLHttpRequest, GraphQLHttpResponse } from '../../src/graphql/graphql-handler.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { ShutdownGrace } from '../../src/lifecycle/shutdown-grace.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { Metrics } from '../../src/observability/metrics.ts';
import type { AppOptions } from '../../src/server/build-app.ts';
import { Readiness } from '../../src/server/readiness.ts';
import { replicationState } from './replication-state.ts';

/** Options for a server with everything healthy and `answer` as its GraphQL handler. */
export function appOptions(
  answer: (request: GraphQLHttpRequest) => Promise<GraphQLHttpResponse> | GraphQLHttpResponse,
  { environment = {}, ...others }: Partial<AppOptions> & { environment?: Partial<Record<SettingName, string>> } = {},
): AppOptions {
  const graphql: GraphQLHandler = {
    handle: async (request) => answer(request),
    stream: async (request) => ({ kind: 'whole', response: await answer(request) }),
    identify: async () => ({ tenantId: 1, subject: null, grants: null, expiresAt: null }),
    subscriptions: { open: 0, tenants: 0 },
    endSubscriptions: () => {},
    stop: async () => {},
  };
  const settings = loadSettings({ ATLAS_PORT: '0', ATLAS_DRAIN_MS: '0', ...environment });
  const http = httpOptions(settings);
  const watched = { replication: replicationState({ s0: {}, s1: {} }), shards: ['s0', 's1'], clock: systemClock };
  return {
    readiness: new Readiness({ ...watched, ...others, startLimitMs: http.readyStartLimitMs }),
    ...watched,
    http,
    thresholds: healthThresholds(settings),
    lagHistory: new LagHistory(watched.replication, watched.shards, watched.clock),
    graphql,
    grace: new ShutdownGrace(settings.ATLAS_SHUTDOWN_GRACE_MS),
    metrics: new Metrics(),
    tracing: null,
    logger: createLogger('silent'),
    topics: null,
    verification: null,
    verify: null,
    ...others,
  };
}
