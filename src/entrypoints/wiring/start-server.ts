import { healthThresholds } from '../../config/health-thresholds.ts';
import { type HttpOptions, httpOptions } from '../../config/http-options.ts';
import { LagHistory } from '../../freshness/lag-history.ts';
import type { ReplicationState, SlotStates, TopicStates } from '../../freshness/replication-state.ts';
import type { GraphQLHandler } from '../../graphql/graphql-handler.ts';
import { systemClock } from '../../lib/clock.ts';
import { PeriodicTask } from '../../lifecycle/periodic-task.ts';
import type { ShutdownGrace } from '../../lifecycle/shutdown-grace.ts';
import { HttpServer } from '../../server/http-server.ts';
import type { RunVerification } from '../../verification/run-verification.ts';
import type { VerificationState } from '../../verification/verification-state.ts';
import { asPortInUse } from '../ports/port-in-use.ts';
import type { ServiceEnvironment } from './service-environment.ts';

export interface ServerParts {
  /** Null if the process serves health and metrics only. */
  readonly graphql: GraphQLHandler | null;
  readonly grace: ShutdownGrace;
  readonly replication: ReplicationState & SlotStates;
  /** Null unless changes come through Kafka. */
  readonly topics: TopicStates | null;
  /** Null without ClickHouse, or if the verification is turned off. */
  readonly verification: VerificationState | null;
  /** Null unless the process compares for `atlas verify`. */
  readonly verify: RunVerification | null;
}

/** `atlas dev` has one port. What serves no GraphQL needs no port for it. */
function portsOf(http: HttpOptions, { graphql, verify }: ServerParts): HttpOptions {
  if (http.admin === null || verify !== null) return { ...http, admin: null };
  return graphql === null ? { ...http, ...http.admin, admin: null } : http;
}

/** Listens. */
export async function startServer(environment: ServiceEnvironment, parts: ServerParts): Promise<HttpServer> {
  const { settings, shardConfig, lifecycle, metrics, tracing, logger } = environment;
  const shards = shardConfig.shards.map(({ id }) => id);
  const lagHistory = parts.graphql === null ? null : new LagHistory(parts.replication, shards, systemClock);
  if (lagHistory !== null) {
    // Twice a period, so that a late timer leaves no gap.
    await lifecycle.start(new PeriodicTask('lag history', lagHistory.periodMs / 2, async () => lagHistory.sample()));
  }
  // At the last moment: whatever else starts may take a free port meanwhile.
  const port = (await environment.choosePort?.()) ?? settings.ATLAS_PORT;
  const http = portsOf({ ...httpOptions(settings), port }, parts);
  const server = new HttpServer({
    ...parts,
    lagHistory,
    // What is not served needs no time to leave, and a standby is waiting.
    http: parts.graphql === null ? { ...http, drainMs: 0 } : http,
    thresholds: healthThresholds(settings),
    shards,
    metrics,
    tracing,
    logger,
    clock: systemClock,
  });
  const settingOf = (port: number) => (port === settings.ATLAS_ADMIN_PORT ? 'ATLAS_ADMIN_PORT' : 'ATLAS_PORT');
  try {
    await lifecycle.start(server);
  } catch (error) {
    throw asPortInUse(error, settingOf);
  }
  return server;
}
