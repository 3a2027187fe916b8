import type { RequestLimits } from '../../config/request-limits.ts';
import type { EntityWriter } from '../../datasources/entity-writer.ts';
import type { ReadExplainer } from '../../datasources/read-explainer.ts';
import type { ReadRouter } from '../../datasources/routing/read-router.ts';
import type { Caller } from '../../domain/caller.ts';
import type { AttributeCatalog } from '../../domain/catalog/attribute-catalog.ts';
import { CallerAttributes } from '../../domain/catalog/caller-attributes.ts';
import { AtlasError } from '../../domain/errors.ts';
import { type RoleRules, rolesOf } from '../../domain/roles.ts';
import type { TokenScope } from '../../freshness/consistency-token.ts';
import type { FreshnessRequest } from '../../freshness/freshness.ts';
import { FreshnessCollector } from '../../freshness/freshness-summary.ts';
import type { ReplicationState } from '../../freshness/replication-state.ts';
import type { Clock } from '../../lib/clock.ts';
import { EntityLoaders } from '../../loaders/entity-loaders.ts';
import { HistoryLoaders } from '../../loaders/history-loaders.ts';
import type { KnownTypes } from '../../loaders/known-types.ts';
import { LoadSchedule } from '../../loaders/load-schedule.ts';
import { ReferencingLoaders } from '../../loaders/referencing-loaders.ts';
import { RequestReads } from '../../loaders/request-reads.ts';
import { TypeHints } from '../../loaders/type-hints.ts';
import type { RequestContext } from '../../resolvers/request-context.ts';
import { type CostBudget, RequestCost } from '../../resolvers/request-cost.ts';
import type { RequestReport } from '../../resolvers/request-report.ts';
import type { ShardMap } from '../../sharding/shard-map.ts';

/** With any value but `false`, the reads of the request are explained. */
export const EXPLAIN_HEADER = 'x-atlas-explain';

/** The parts of the context that all requests share. */
export interface ContextParts {
  readonly limits: RequestLimits;
  readonly clock: Clock;
  readonly shards: ShardMap;
  readonly tokenScope: TokenScope;
  readonly attributes: AttributeCatalog;
  readonly router: Pick<ReadRouter, 'ask'>;
  readonly writer: EntityWriter;
  readonly eraser: RequestContext['eraser'];
  readonly replication: ReplicationState;
  readonly roleRules: RoleRules;
  readonly knownTypes: KnownTypes;
  readonly explainer: Pick<ReadExplainer, 'explain'>;
  readonly feeds: RequestContext['feeds'];
}

/** What is of one request. */
export interface RequestParts {
  readonly caller: Caller;
  readonly budget: CostBudget;
  readonly headerFreshness: FreshnessRequest;
  readonly signal: AbortSignal;
  readonly report: RequestReport;
  /** Whether its reads are to be explained. */
  readonly isExplained: boolean;
  readonly events: RequestContext['events'];
  readonly event: RequestContext['event'];
}

/** @throws AtlasError FORBIDDEN if reads are to be explained to a caller who may not see that. */
export function createContext(parts: ContextParts, request: RequestParts): RequestContext {
  const { caller, headerFreshness, signal, report, isExplained } = request;
  const { tenantId } = caller;
  const { limits, knownTypes } = parts;
  const roles = rolesOf(caller.grants, parts.roleRules);
  if (isExplained && !roles.has('operate')) {
    throw new AtlasError('FORBIDDEN', `The header ${EXPLAIN_HEADER} requires the role operate.`, {
      hint: 'Omit the header, or send a token with the role.',
    });
  }
  const attributes = new CallerAttributes(parts.attributes, roles);
  const collector = new FreshnessCollector();
  const reads = new RequestReads({ router: parts.router, signal, collector, keepsQuestions: isExplained });
  const schedule = new LoadSchedule();
  const cost = new RequestCost(limits.maxCost, request.budget);
  report.progress = { tenantId, reads, cost };
  // Member by member: spreading the shared parts takes longer than all else that is done here.
  return {
    clock: parts.clock,
    shards: parts.shards,
    tokenScope: parts.tokenScope,
    writer: parts.writer,
    eraser: parts.eraser,
    replication: parts.replication,
    // A write that defines an attribute is a definition.
    limits: limits.implicitAttributes && !roles.has('define') ? { ...limits, implicitAttributes: false } : limits,
    caller,
    roles,
    tenantId,
    attributes,
    catalog: attributes.forTenant(tenantId),
    collector,
    signal,
    cost,
    schedule,
    report,
    headerFreshness,
    feeds: parts.feeds,
    events: request.events,
    event: request.event,
    requirements: new Map(),
    namedDefinitions: new Map(),
    projections: new Map(),
    reads,
    explainer: isExplained ? parts.explainer : null,
    typeHints: new TypeHints({ tenantId, reads, known: knownTypes, mayRead: roles.has('read') }),
    entities: new EntityLoaders({ reads, shardMap: parts.shards, tenantId, schedule }),
    histories: new HistoryLoaders({ reads, shardMap: parts.shards, tenantId, schedule }),
    referencing: new ReferencingLoaders({ reads, maxPageSize: parts.limits.maxPageSize, schedule }),
  };
}
