import type { FieldNode } from 'graphql';
import type { Settings } from '../config/settings.ts';
import type { EntityWriter } from '../datasources/entity-writer.ts';
import type { AttributeDefinition, TenantCatalog } from '../domain/catalog/attribute.ts';
import type { AttributeCatalog } from '../domain/catalog/attribute-catalog.ts';
import type { TenantId } from '../domain/identifiers.ts';
import type { ConsistencyToken, TokenScope } from '../freshness/consistency-token.ts';
import type { FreshnessRequest, FreshnessRequirement } from '../freshness/freshness.ts';
import type { FreshnessCollector } from '../freshness/freshness-summary.ts';
import type { ReplicationState } from '../freshness/replication-state.ts';
import type { Clock } from '../lib/clock.ts';
import type { EntityLoaders } from '../loaders/entity-loaders.ts';
import type { RequestReads } from '../loaders/request-reads.ts';
import type { ShardMap } from '../sharding/shard-map.ts';

/** Everything that the resolvers of one request may use. */
export interface RequestContext {
  readonly tenantId: TenantId;
  /** The same during the whole request, except that a mutation's own definitions are added to it. */
  catalog: TenantCatalog;
  readonly settings: Settings;
  /** Aborted when the request's time is up, or its client has gone. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly shards: ShardMap;
  readonly tokenScope: TokenScope;
  readonly entities: EntityLoaders;
  readonly reads: RequestReads;
  readonly writer: EntityWriter;
  readonly attributes: AttributeCatalog;
  readonly replication: ReplicationState;
  readonly collector: FreshnessCollector;
  /** What the request headers ask for. */
  readonly headerFreshness: FreshnessRequest;
  /** By the field's selections, all of them: in another place of the query, one of them may be joined by others. */
  readonly requirements: WeakMap<readonly FieldNode[], FreshnessRequirement>;
  /** What the keys of a field of the query mean, likewise. */
  readonly namedDefinitions: WeakMap<FieldNode, readonly AttributeDefinition[]>;
  /** All that this request has written so far. */
  written: ConsistencyToken | null;
}
