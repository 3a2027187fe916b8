import type { FieldNode } from 'graphql';
import type { RequestLimits } from '../config/request-limits.ts';
import type { EntityWriter } from '../datasources/entity-writer.ts';
import type { EntityEraser } from '../datasources/postgres/erasing/entity-eraser.ts';
import type { ReadExplainer } from '../datasources/read-explainer.ts';
import type { Caller } from '../domain/caller.ts';
import type { AttributeDefinition, TenantCatalog } from '../domain/catalog/attribute.ts';
import type { AttributeCatalog } from '../domain/catalog/attribute-catalog.ts';
import type { EntityProjection } from '../domain/entity-projection.ts';
import type { TenantId } from '../domain/identifiers.ts';
import type { ChangeFeeds } from '../feeds/change-feeds.ts';
import type { ChangeEvent } from '../feeds/change-selection.ts';
import type { ChangeSubscription } from '../feeds/change-subscription.ts';
import type { TokenScope } from '../freshness/consistency-token.ts';
import type { FreshnessRequest, FreshnessRequirement } from '../freshness/freshness.ts';
import type { FreshnessCollector } from '../freshness/freshness-summary.ts';
import type { ReplicationState } from '../freshness/replication-state.ts';
import type { Clock } from '../lib/clock.ts';
import type { EntityLoaders } from '../loaders/entity-loaders.ts';
import type { HistoryLoaders } from '../loaders/history-loaders.ts';
import type { LoadSchedule } from '../loaders/load-schedule.ts';
import type { ReferencingLoaders } from '../loaders/referencing-loaders.ts';
import type { RequestReads } from '../loaders/request-reads.ts';
import type { TypeHints } from '../loaders/type-hints.ts';
import type { ShardMap } from '../sharding/shard-map.ts';
import type { RequestCost } from './request-cost.ts';
import type { RequestReport } from './request-report.ts';

/** What a request for events has opened. */
export interface RequestedEvents {
  /** Ends them. */
  readonly signal: AbortSignal;
  opened: ChangeSubscription | null;
}

/** Everything that is available to the resolvers of one request. */
export interface RequestContext {
  readonly caller: Caller;
  /** Built-in ones and others. */
  readonly roles: ReadonlySet<string>;
  /** The caller's. */
  readonly tenantId: TenantId;
  /** Replaced by a later one if the request defines attributes, or needs definitions that it lacks. */
  catalog: TenantCatalog;
  readonly limits: RequestLimits;
  /** Aborted when the request's time is up, or its client has gone. */
  readonly signal: AbortSignal;
  readonly cost: RequestCost;
  readonly report: RequestReport;
  readonly clock: Clock;
  readonly shards: ShardMap;
  readonly tokenScope: TokenScope;
  readonly schedule: LoadSchedule;
  readonly entities: EntityLoaders;
  readonly histories: HistoryLoaders;
  readonly referencing: ReferencingLoaders;
  readonly reads: RequestReads;
  readonly typeHints: TypeHints;
  /** Null unless the request asks to have its reads explained. */
  readonly explainer: Pick<ReadExplainer, 'explain'> | null;
  readonly writer: EntityWriter;
  readonly eraser: Pick<EntityEraser, 'erase' | 'list'>;
  readonly attributes: AttributeCatalog;
  readonly replication: ReplicationState;
  readonly collector: FreshnessCollector;
  readonly feeds: Pick<ChangeFeeds, 'subscribe'>;
  /** Null if the request's transport carries one answer only. */
  readonly events: RequestedEvents | null;
  /** What the operation is executed for; null unless it is an event of a subscription. */
  readonly event: ChangeEvent | null;
  /** The freshness requested by headers. */
  readonly headerFreshness: FreshnessRequest;
  /** Keyed by all selections of a field, because one of them may be merged with others elsewhere in the query. */
  readonly requirements: Map<readonly FieldNode[], FreshnessRequirement>;
  /** The definitions of the keys that a field of the query lists, keyed by the field. */
  readonly namedDefinitions: Map<FieldNode, readonly AttributeDefinition[]>;
  /** What the operation shows of its entities' attributes, by the catalog that says which they are: see projectedAttributes. */
  readonly projections: Map<TenantCatalog, EntityProjection | undefined>;
}
