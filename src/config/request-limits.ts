import type { Settings } from './settings.ts';

/** What one request may contain and how it is treated, independent of the settings' names. */
export interface RequestLimits {
  /** Characters of the query text. */
  readonly maxQueryLength: number;
  readonly maxQueryFields: number;
  readonly maxQueryFragments: number;
  readonly maxQueryDepth: number;
  readonly maxQueryAliases: number;
  /** Of one request, as `@cost` and `@listSize` in the schema define it. */
  readonly maxCost: number;
  /** Of the response's body, in UTF-8. */
  readonly maxResponseBytes: number;
  readonly maxPageSize: number;
  readonly maxBatchIds: number;
  readonly maxRepresentations: number;
  readonly filter: { readonly maxNodes: number; readonly maxListItems: number; readonly maxTargets: number };
  readonly maxSearchWords: number;
  readonly maxSearchKeys: number;
  readonly maxBuckets: number;
  /** Pairs of a group and a bucket in a distribution. */
  readonly maxCells: number;
  /** Of statistics; and what each source returns for a count: of more, it returns the largest. */
  readonly maxGroups: number;
  /** Of numbers, in what one source returns for statistics or a time series; see NumberBin. */
  readonly maxBins: number;
  readonly maxFacets: number;
  /** Of a time series, over all groups. */
  readonly maxPoints: number;
  readonly maxUpsertRows: number;
  readonly maxAttributesPerEntity: number;
  readonly maxValueBytes: number;
  readonly maxListElements: number;
  /** Whether the schema may be read. */
  readonly introspection: boolean;
  /** Whether a write defines the unknown attributes it sets. */
  readonly implicitAttributes: boolean;
  /** Entities that have changed since the moment as of which others are read. */
  readonly maxPastChanges: number;
  readonly subscriptions: {
    /** Open at once in a process. */
    readonly mostPerTenant: number;
    readonly mostPerProcess: number;
    /** Of what a subscriber has not taken. */
    readonly buffer: { readonly events: number; readonly bytes: number };
    readonly intervalMs: number;
  };
  /** Longest wait for a consistency token if the request sets no maxWaitMs. */
  readonly consistencyWaitMs: number;
}

export function requestLimits(settings: Settings): RequestLimits {
  return {
    maxQueryLength: settings.ATLAS_MAX_QUERY_LENGTH,
    maxQueryFields: settings.ATLAS_MAX_QUERY_FIELDS,
    maxQueryFragments: settings.ATLAS_MAX_QUERY_FRAGMENTS,
    maxQueryDepth: settings.ATLAS_MAX_QUERY_DEPTH,
    maxQueryAliases: settings.ATLAS_MAX_QUERY_ALIASES,
    maxCost: settings.ATLAS_MAX_REQUEST_COST,
    maxResponseBytes: settings.ATLAS_MAX_RESPONSE_BYTES,
    maxPageSize: settings.ATLAS_MAX_PAGE_SIZE,
    maxBatchIds: settings.ATLAS_MAX_BATCH_IDS,
    maxRepresentations: settings.ATLAS_MAX_REPRESENTATIONS,
    filter: {
      maxNodes: settings.ATLAS_MAX_FILTER_NODES,
      maxListItems: settings.ATLAS_MAX_BATCH_IDS,
      maxTargets: settings.ATLAS_MAX_FILTER_TARGETS,
    },
    maxSearchWords: settings.ATLAS_MAX_SEARCH_WORDS,
    maxSearchKeys: settings.ATLAS_MAX_SEARCH_KEYS,
    maxBuckets: settings.ATLAS_MAX_BUCKETS,
    maxCells: settings.ATLAS_MAX_DISTRIBUTION_CELLS,
    maxGroups: settings.ATLAS_MAX_GROUPS,
    maxBins: settings.ATLAS_MAX_NUMBER_BINS,
    maxFacets: settings.ATLAS_MAX_FACETS,
    maxPoints: settings.ATLAS_MAX_TIME_SERIES_POINTS,
    maxUpsertRows: settings.ATLAS_MAX_UPSERT_ROWS,
    maxAttributesPerEntity: settings.ATLAS_MAX_ATTRIBUTES_PER_ENTITY,
    maxValueBytes: settings.ATLAS_MAX_VALUE_BYTES,
    maxListElements: settings.ATLAS_MAX_LIST_ELEMENTS,
    introspection: settings.ATLAS_INTROSPECTION,
    implicitAttributes: settings.ATLAS_IMPLICIT_ATTRIBUTES,
    maxPastChanges: settings.ATLAS_MAX_PAST_CHANGES,
    subscriptions: {
      mostPerTenant: settings.ATLAS_MAX_TENANT_SUBSCRIPTIONS,
      mostPerProcess: settings.ATLAS_MAX_SUBSCRIPTIONS,
      buffer: { events: settings.ATLAS_SUBSCRIPTION_BUFFER, bytes: settings.ATLAS_SUBSCRIPTION_BUFFER_BYTES },
      intervalMs: settings.ATLAS_SUBSCRIPTION_INTERVAL_MS,
    },
    consistencyWaitMs: settings.ATLAS_CONSISTENCY_WAIT_MS,
  };
}
