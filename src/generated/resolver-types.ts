import type { JsonValue } from '../lib/canonical-json.ts';
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { AttributeNode } from '../resolvers/entity/attribute.ts';
import type { AnalyticsNode } from '../resolvers/analytics/analytics.ts';
import type { AttributeDefinition as AttributeDefinitionNode, AttributeRules as AttributeRulesNode } from '../domain/catalog/attribute.ts';
import type { EntityNode } from '../resolvers/entity/entity.ts';
import type { EntityChangeNode } from '../resolvers/history/entity-change.ts';
import type { ChangeEvent } from '../feeds/change-selection.ts';
import type { EntityPage } from '../paging/entity-page.ts';
import type { ErasureNode } from '../resolvers/erasure/erasure.ts';
import type { PageInfo as PageInfoNode } from '../paging/page-info.ts';
import type { ReadFreshness as ReadFreshnessNode } from '../freshness/freshness.ts';
import type { SearchPage } from '../paging/search-page.ts';
import type { GroupSummary as StatisticsGroupNode } from '../datasources/questions/statistics.ts';
import type { UpsertEntityResultNode } from '../resolvers/entity/upsert-entity-result.ts';
import type { RequestContext } from '../resolvers/request-context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /**
   * A signed 64-bit integer. Serialized as a JSON number if JavaScript represents it exactly (up to 2^53 - 1 in magnitude),
   * otherwise as a string of decimal digits. Input accepts both forms.
   */
  BigInt: { input: bigint; output: bigint; }
  /**
   * Position of what was read or written, returned by every mutation, with every `freshness`, and in the header
   * `x-consistency-token` of every response that reads or writes. Passed as `FreshnessInput.after` or in the request header of that
   * name, it makes a later read include that data and the attribute definitions it used, whichever source and server answer. Typed fields of attributes that were just defined require the header, because the schema is chosen before
   * arguments are read. Opaque and signed: pass it on unchanged. Several tokens can be passed as one, separated by commas.
   */
  ConsistencyToken: { input: string; output: string; }
  /**
   * A point in time in UTC, as RFC 3339 text with milliseconds, for example `2026-03-01T12:00:00.000Z`. Input may have any UTC
   * offset and is converted to UTC; digits beyond milliseconds are truncated. A date alone is its first moment in UTC: `2026-03-01` is
   * `2026-03-01T00:00:00.000Z`, so `lte: "2026-03-01"` does not include that day, and `lt: "2026-03-02"` does. A time without an offset is refused.
   */
  DateTime: { input: Date; output: Date; }
  /** Any JSON value: object, array, string, number, boolean or null. */
  JSON: { input: JsonValue; output: JsonValue; }
  _FieldSet: { input: string; output: string; }
};

/** What a time series shows of the entities in one period. */
export type Aggregate =
  /** The mean of the attribute. Exact before it is rounded. */
  | 'AVG'
  /** Their number, also of those that have a list. Grouped by a list, that of its elements. */
  | 'COUNT'
  /** The greatest value of the attribute. */
  | 'MAX'
  /** The least value of the attribute. */
  | 'MIN'
  /** The sum of the attribute. Exact before it is rounded. */
  | 'SUM';

/**
 * Aggregations over many entities. By default they are answered by ClickHouse if it is at most 5 minutes behind, otherwise by
 * a Postgres replica.
 */
export type Analytics = {
  readonly __typename?: 'Analytics';
  /**
   * Number of entities that match. With `groupBy`, also the groups with most entities: count by status is one question. Entities
   * that lack one of the `groupBy` attributes are in no group.
   */
  readonly count: CountResult;
  /**
   * Histogram of a number attribute: counts distinct entities per group and bucket. The range from `min` (inclusive) to `max`
   * (exclusive) is divided into `buckets` buckets of equal width, numbered from 1 as in SQL's `width_bucket`. Bucket 0 counts
   * values below `min`, bucket n+1 values at or above `max`. Entities that lack the attribute, or one of the `groupBy` attributes,
   * are not counted.
   */
  readonly distribution: Distribution;
  /**
   * The most frequent values of several attributes, for one selection: what a filter sidebar shows. A facet ignores the conditions of the
   * filter on its own attribute, so that it counts the other values that could be chosen: those at the top level, or combined by `and`,
   * that name this attribute only. Counts are exact, or the question fails as `topValues` does.
   */
  readonly facets: FacetsResult;
  /**
   * Count, least and greatest value, sum, mean, standard deviation and quantiles of a number attribute. Entities that lack the attribute, or one
   * of the `groupBy` attributes, are not counted. Sums are exact before they are rounded, so the result does not depend on the source or the
   * number of shards.
   */
  readonly statistics: StatisticsResult;
  /**
   * What happened when: entities counted, or a number of theirs aggregated, by period. Time is that of a `TIMESTAMP` attribute, or when entities were
   * created or last changed. Entities that lack the attribute, the time, or one of the `groupBy` attributes are left out.
   */
  readonly timeSeries: TimeSeriesResult;
  /**
   * The most frequent values of an attribute, each with the number of entities that have it. Counts are exact: if the values are so
   * many and so evenly frequent that no source can tell which ones come first, the question fails with `LIMIT_EXCEEDED`.
   */
  readonly topValues: TopValuesResult;
};


/**
 * Aggregations over many entities. By default they are answered by ClickHouse if it is at most 5 minutes behind, otherwise by
 * a Postgres replica.
 */
export type AnalyticsCountArgs = {
  filter?: InputMaybe<EntityFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  freshness?: InputMaybe<FreshnessInput>;
  groupBy?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  type?: InputMaybe<Scalars['String']['input']>;
  where?: InputMaybe<EntityWhere>;
};


/**
 * Aggregations over many entities. By default they are answered by ClickHouse if it is at most 5 minutes behind, otherwise by
 * a Postgres replica.
 */
export type AnalyticsDistributionArgs = {
  attribute: Scalars['String']['input'];
  buckets?: InputMaybe<Scalars['Int']['input']>;
  filter?: InputMaybe<EntityFilter>;
  freshness?: InputMaybe<FreshnessInput>;
  groupBy?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  max?: InputMaybe<Scalars['Float']['input']>;
  min?: InputMaybe<Scalars['Float']['input']>;
  type?: InputMaybe<Scalars['String']['input']>;
  where?: InputMaybe<EntityWhere>;
};


/**
 * Aggregations over many entities. By default they are answered by ClickHouse if it is at most 5 minutes behind, otherwise by
 * a Postgres replica.
 */
export type AnalyticsFacetsArgs = {
  attributes: ReadonlyArray<Scalars['String']['input']>;
  filter?: InputMaybe<EntityFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  freshness?: InputMaybe<FreshnessInput>;
  type?: InputMaybe<Scalars['String']['input']>;
  where?: InputMaybe<EntityWhere>;
};


/**
 * Aggregations over many entities. By default they are answered by ClickHouse if it is at most 5 minutes behind, otherwise by
 * a Postgres replica.
 */
export type AnalyticsStatisticsArgs = {
  attribute: Scalars['String']['input'];
  filter?: InputMaybe<EntityFilter>;
  freshness?: InputMaybe<FreshnessInput>;
  groupBy?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  type?: InputMaybe<Scalars['String']['input']>;
  where?: InputMaybe<EntityWhere>;
};


/**
 * Aggregations over many entities. By default they are answered by ClickHouse if it is at most 5 minutes behind, otherwise by
 * a Postgres replica.
 */
export type AnalyticsTimeSeriesArgs = {
  aggregate?: InputMaybe<Aggregate>;
  attribute?: InputMaybe<Scalars['String']['input']>;
  by?: InputMaybe<TimeAxis>;
  filter?: InputMaybe<EntityFilter>;
  freshness?: InputMaybe<FreshnessInput>;
  from?: InputMaybe<Scalars['DateTime']['input']>;
  gaps?: InputMaybe<TimeSeriesGaps>;
  groupBy?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  interval: TimeInterval;
  timeZone?: InputMaybe<Scalars['String']['input']>;
  to?: InputMaybe<Scalars['DateTime']['input']>;
  type?: InputMaybe<Scalars['String']['input']>;
  where?: InputMaybe<EntityWhere>;
};


/**
 * Aggregations over many entities. By default they are answered by ClickHouse if it is at most 5 minutes behind, otherwise by
 * a Postgres replica.
 */
export type AnalyticsTopValuesArgs = {
  attribute: Scalars['String']['input'];
  filter?: InputMaybe<EntityFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  freshness?: InputMaybe<FreshnessInput>;
  type?: InputMaybe<Scalars['String']['input']>;
  where?: InputMaybe<EntityWhere>;
};

/** Value of one attribute of an entity. The concrete type depends on the attribute's type. */
export type Attribute = {
  /** Key of the attribute, for example `last_seen`. */
  readonly key: Scalars['String']['output'];
  /** Type of the attribute. */
  readonly type: AttributeType;
  /** When this value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/**
 * Which roles may read and write the values of an attribute, in addition to the roles that fields need. To a caller who may not read
 * it, the attribute is not defined.
 */
export type AttributeAccess = {
  readonly __typename?: 'AttributeAccess';
  /** The roles of which one is needed to read it. Null: any caller that may read entities. */
  readonly read?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** The roles of which one is needed to write it, in addition to reading it. Null: any caller that may read it and write entities. */
  readonly write?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
};

/** Which roles may read and write the values of an attribute: at most 50 each, built-in or any others. Null means not set. */
export type AttributeAccessInput = {
  /**
   * The roles of which one is needed to read the attribute. One of them must be the caller's own (`FORBIDDEN`). To a caller
   * without any, the attribute is not defined. Default: any caller that may read entities.
   */
  readonly read?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /**
   * The roles of which one is needed to write the attribute (`FORBIDDEN`), in addition to reading it. An empty list: nobody.
   * Default: any caller that may read it and write entities.
   */
  readonly write?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};

/** What a change did to one attribute. */
export type AttributeChange = {
  readonly __typename?: 'AttributeChange';
  /** The value after. Null if the entity does not have the attribute any more. */
  readonly after?: Maybe<Scalars['JSON']['output']>;
  /** The value before. Null if the entity did not have the attribute. */
  readonly before?: Maybe<Scalars['JSON']['output']>;
  /** Key of the attribute. */
  readonly key: Scalars['String']['output'];
  /** Type of the attribute's values. */
  readonly type: AttributeType;
};

/** Definition of an attribute: its key, its type, its rules and how it is stored. */
export type AttributeDefinition = {
  readonly __typename?: 'AttributeDefinition';
  /** Which roles may read and write the attribute's values. */
  readonly access: AttributeAccess;
  /** When the attribute was defined. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** What the attribute means. */
  readonly description?: Maybe<Scalars['String']['output']>;
  /** Entity types the attribute is intended for. Empty means all types. */
  readonly entityTypes: ReadonlyArray<Scalars['String']['output']>;
  /** Whether `Entity` has a typed field for the attribute. */
  readonly exposed: Scalars['Boolean']['output'];
  /** Name of the typed field. Null if the attribute is not exposed. */
  readonly fieldName?: Maybe<Scalars['String']['output']>;
  /** Whether filters, orders and analytics can use the attribute. */
  readonly filterable: Scalars['Boolean']['output'];
  /** Whether the attribute is stored in its own column, which makes filters and analytics on it fastest. */
  readonly hot: Scalars['Boolean']['output'];
  /** Whether the attribute is being deleted with its values. */
  readonly isBeingDeleted: Scalars['Boolean']['output'];
  /**
   * Whether stored values are on the way to where `filterable` and `hot` will find them, or what is not used any more is being removed. Answers are the same before, during and
   * after; until the way is over, `filterable` and `hot` cannot be changed again.
   */
  readonly isBeingMoved: Scalars['Boolean']['output'];
  /** Identifies the attribute in filters, reads and writes, for example `last_seen`. */
  readonly key: Scalars['String']['output'];
  /** When the attribute was retired. Null while it is in use. */
  readonly retiredAt?: Maybe<Scalars['DateTime']['output']>;
  /** Rules the attribute's values must satisfy, in addition to its type. */
  readonly rules: AttributeRules;
  /** Whether the attribute is shared by all tenants. */
  readonly shared: Scalars['Boolean']['output'];
  /** Type of the attribute's values. */
  readonly type: AttributeType;
  /** Whether the attribute is the key of its `entityTypes`: at most one entity of each type has a value, and `entityByKey` finds it. */
  readonly unique: Scalars['Boolean']['output'];
  /** When the definition last changed. */
  readonly updatedAt: Scalars['DateTime']['output'];
  /** 1 when the attribute is defined, and 1 more with each change. Pass it as `expectedVersion` so as not to overwrite a change that you have not seen. */
  readonly version: Scalars['BigInt']['output'];
};

/** A page of attribute definitions. */
export type AttributeDefinitionConnection = {
  readonly __typename?: 'AttributeDefinitionConnection';
  /** The definitions on this page, each with its cursor. */
  readonly edges: ReadonlyArray<AttributeDefinitionEdge>;
  /** Position of this page in the list. */
  readonly pageInfo: PageInfo;
  /** Number of definitions that match, on all pages. */
  readonly totalCount: Scalars['Int']['output'];
};

/** An attribute definition and its cursor. */
export type AttributeDefinitionEdge = {
  readonly __typename?: 'AttributeDefinitionEdge';
  /** Opaque cursor. Pass it as `after` to read the definitions that follow. */
  readonly cursor: Scalars['String']['output'];
  /** The definition. */
  readonly node: AttributeDefinition;
};

/** Selects attribute definitions. All conditions that are set must hold; null means not set. */
export type AttributeDefinitionFilter = {
  /** The attribute is intended for this entity type, or for all types. It must be a valid name of a type. */
  readonly entityType?: InputMaybe<Scalars['String']['input']>;
  /** True: exposed attributes only. False: the others only. */
  readonly exposed?: InputMaybe<Scalars['Boolean']['input']>;
  /** True: filterable attributes only. False: the others only. */
  readonly filterable?: InputMaybe<Scalars['Boolean']['input']>;
  /** True: hot attributes only. False: the others only. */
  readonly hot?: InputMaybe<Scalars['Boolean']['input']>;
  /** The key starts with this text. */
  readonly keyStartsWith?: InputMaybe<Scalars['String']['input']>;
  /** The key is one of these: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  readonly keys?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** True: retired attributes only. False: those in use only. */
  readonly retired?: Scalars['Boolean']['input'];
  /** The type is one of these. */
  readonly types?: InputMaybe<ReadonlyArray<AttributeType>>;
};

/** A property of a definition that is not what the input asks for. */
export type AttributeDifference = {
  readonly __typename?: 'AttributeDifference';
  /** What the definition has. */
  readonly defined?: Maybe<Scalars['JSON']['output']>;
  /** The property. */
  readonly property: AttributeProperty;
  /** What the input asks for. */
  readonly requested?: Maybe<Scalars['JSON']['output']>;
};

/** Condition on one filterable attribute: the predicate that corresponds to the attribute's type, `target`, or `exists`. */
export type AttributeFilter = {
  /** Predicate on a `BOOLEAN` attribute. */
  readonly boolean?: InputMaybe<BooleanPredicate>;
  /** True: the entity has the attribute. False: it lacks the attribute. */
  readonly exists?: InputMaybe<Scalars['Boolean']['input']>;
  /** Predicate on a `JSON` attribute. */
  readonly json?: InputMaybe<JsonPredicate>;
  /** The attribute's key. */
  readonly key: Scalars['String']['input'];
  /** Predicate on a `NUMBER` attribute. */
  readonly number?: InputMaybe<NumberPredicate>;
  /** Predicate on a `NUMBER_LIST` attribute. */
  readonly numberList?: InputMaybe<NumberListPredicate>;
  /** Predicate on a `REFERENCE` attribute. */
  readonly reference?: InputMaybe<ReferencePredicate>;
  /**
   * What must hold for the entity that a `REFERENCE` attribute refers to: there must be such an entity, of one of the attribute's `targetTypes`. It may not have a `target` itself. The
   * entities that satisfy it are found first, in a read of its own: at most 1,000, and at most 5 such conditions in a filter, unless the server is configured otherwise (`LIMIT_EXCEEDED`).
   */
  readonly target?: InputMaybe<EntityFilter>;
  /** Predicate on a `TEXT` attribute. */
  readonly text?: InputMaybe<TextPredicate>;
  /** Predicate on a `TEXT_LIST` attribute. */
  readonly textList?: InputMaybe<TextListPredicate>;
  /** Predicate on a `TIMESTAMP` attribute. */
  readonly timestamp?: InputMaybe<TimestampPredicate>;
};

/** An attribute to set: its key and exactly one value, in the member that corresponds to the attribute's type. Null means not set. */
export type AttributeInput = {
  /** Value of a `BOOLEAN` attribute. */
  readonly boolean?: InputMaybe<Scalars['Boolean']['input']>;
  /** Value of a `JSON` attribute. */
  readonly json?: InputMaybe<Scalars['JSON']['input']>;
  /** The attribute's key. */
  readonly key: Scalars['String']['input'];
  /** Value of a `NUMBER` attribute. */
  readonly number?: InputMaybe<Scalars['Float']['input']>;
  /** Value of a `NUMBER_LIST` attribute: all of its elements. It takes the place of the list that the entity has. */
  readonly numberList?: InputMaybe<ReadonlyArray<Scalars['Float']['input']>>;
  /** Value of a `REFERENCE` attribute: the id of an entity, which need not exist yet. */
  readonly reference?: InputMaybe<Scalars['ID']['input']>;
  /** Value of a `TEXT` attribute. */
  readonly text?: InputMaybe<Scalars['String']['input']>;
  /** Value of a `TEXT_LIST` attribute: all of its elements. It takes the place of the list that the entity has. */
  readonly textList?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Value of a `TIMESTAMP` attribute. */
  readonly timestamp?: InputMaybe<Scalars['DateTime']['input']>;
};

/** A property of an attribute's definition. */
export type AttributeProperty =
  /** `access`. */
  | 'ACCESS'
  /** `description`. */
  | 'DESCRIPTION'
  /** `entityTypes`. */
  | 'ENTITY_TYPES'
  /** `exposed`. */
  | 'EXPOSED'
  /** `filterable`. */
  | 'FILTERABLE'
  /** `hot`. */
  | 'HOT'
  /** Whether the attribute is retired. `restoreAttribute` brings it back. */
  | 'RETIRED'
  /** `rules`. */
  | 'RULES'
  /** `unique`. */
  | 'UNIQUE';

/** Rules an attribute's values must satisfy, in addition to its type; of a list, each of its elements. A rule that is not set is null. */
export type AttributeRules = {
  readonly __typename?: 'AttributeRules';
  /** `TIMESTAMP`: the earliest allowed time, inclusive. */
  readonly earliest?: Maybe<Scalars['DateTime']['output']>;
  /** `TEXT`, `NUMBER`: the allowed values. */
  readonly enum?: Maybe<ReadonlyArray<Scalars['JSON']['output']>>;
  /** `TIMESTAMP`: the latest allowed time, inclusive. */
  readonly latest?: Maybe<Scalars['DateTime']['output']>;
  /** `NUMBER`: the maximum, inclusive. */
  readonly max?: Maybe<Scalars['Float']['output']>;
  /** `TEXT`: the maximum length in Unicode code points. */
  readonly maxLength?: Maybe<Scalars['Int']['output']>;
  /** `NUMBER`: the minimum, inclusive. */
  readonly min?: Maybe<Scalars['Float']['output']>;
  /** `TEXT`: a regular expression that must match somewhere in the text. */
  readonly pattern?: Maybe<Scalars['String']['output']>;
  /** `JSON`: the JSON Schema the value must satisfy. */
  readonly schema?: Maybe<Scalars['JSON']['output']>;
  /** `REFERENCE`: the types of the entities that it refers to. One to an entity of another type is stored, and reads as null. */
  readonly targetTypes?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
};

/**
 * Rules an attribute's values must satisfy, in addition to its type; of a list, each of its elements: those of `TEXT` for a `TEXT_LIST`, and of `NUMBER` for a
 * `NUMBER_LIST`. All rules that are set must hold; null means not set.
 * Rules are checked when a value is written; stored values are not checked again. All rules together take at most 16 KiB as
 * JSON. A rule that does not fit the attribute's type, or cannot be enforced, fails with `ATTRIBUTE_INVALID`.
 */
export type AttributeRulesInput = {
  /** `TIMESTAMP`: the earliest allowed time, inclusive. */
  readonly earliest?: InputMaybe<Scalars['DateTime']['input']>;
  /** `TEXT`, `NUMBER`: the allowed values, for example `["active", "inactive"]`. */
  readonly enum?: InputMaybe<ReadonlyArray<Scalars['JSON']['input']>>;
  /** `TIMESTAMP`: the latest allowed time, inclusive. */
  readonly latest?: InputMaybe<Scalars['DateTime']['input']>;
  /** `NUMBER`: the maximum, inclusive. */
  readonly max?: InputMaybe<Scalars['Float']['input']>;
  /** `TEXT`: the maximum length in Unicode code points, at least 1. */
  readonly maxLength?: InputMaybe<Scalars['Int']['input']>;
  /** `NUMBER`: the minimum, inclusive. */
  readonly min?: InputMaybe<Scalars['Float']['input']>;
  /**
   * `TEXT`: a regular expression that must match somewhere in the text; anchor it with `^` and `$` to match the whole text. The
   * syntax is JavaScript's without lookahead, lookbehind and backreferences, so that matching takes linear time. Texts longer
   * than 5,000 characters are rejected.
   */
  readonly pattern?: InputMaybe<Scalars['String']['input']>;
  /**
   * `JSON`: the JSON Schema (2020-12) the value must satisfy. `$ref`, `$dynamicRef`, `format` and keywords that are not part of
   * the standard are not supported.
   */
  readonly schema?: InputMaybe<Scalars['JSON']['input']>;
  /**
   * `REFERENCE`: the types of the entities that it refers to. Not checked when a value is written, since the entity may live on another shard, or be
   * written later: a reference to an entity of another type reads as null.
   */
  readonly targetTypes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};

/** Type of an attribute's values. It cannot be changed once the attribute is defined. */
export type AttributeType =
  /** True or false. False orders before true. */
  | 'BOOLEAN'
  /** Any JSON value except null. Can be compared for equality, but has no order. */
  | 'JSON'
  /** 64-bit floating-point number. NaN and infinities are not allowed. */
  | 'NUMBER'
  /** The same of numbers. */
  | 'NUMBER_LIST'
  /** Another entity, by its id. Can be compared for equality, but has no order. */
  | 'REFERENCE'
  /** Unicode text. Compared and ordered by its UTF-8 bytes. */
  | 'TEXT'
  /**
   * Any number of texts, in order, of at most 256 characters each; the same one may be in it more than once. At most 1,000 unless the server is configured otherwise. Is not
   * compared with others, and has no order.
   */
  | 'TEXT_LIST'
  /** Point in time with millisecond precision, in the years 0001 to 9999. */
  | 'TIMESTAMP';

/** A page of `auditLog`. */
export type AuditConnection = {
  readonly __typename?: 'AuditConnection';
  /** The entries of the page, with their cursors. */
  readonly edges: ReadonlyArray<AuditEdge>;
  /** How fresh the page is. */
  readonly freshness: ReadFreshness;
  /** Position of the page in the list. */
  readonly pageInfo: PageInfo;
};

/** An entry of a page. */
export type AuditEdge = {
  readonly __typename?: 'AuditEdge';
  /** Position of the entry. Pass it as `after` to read the entries that follow it. */
  readonly cursor: Scalars['String']['output'];
  /** The entry. */
  readonly node: AuditEntry;
};

/** A write. */
export type AuditEntry = {
  readonly __typename?: 'AuditEntry';
  /** When it was written, by the primary's clock. */
  readonly at: Scalars['DateTime']['output'];
  /** Key of the attribute whose definition was written. Null for entities, and if the attribute is not known any more. */
  readonly attribute?: Maybe<Scalars['String']['output']>;
  /** The entity that was written. Null if it was none, or a whole tenant. */
  readonly entityId?: Maybe<Scalars['ID']['output']>;
  /** Version of the entity after the write. Null if it does not exist any more. */
  readonly newVersion?: Maybe<Scalars['BigInt']['output']>;
  /** Version of the entity before the write. Null if it did not exist. */
  readonly oldVersion?: Maybe<Scalars['BigInt']['output']>;
  /** What was done. */
  readonly operation: AuditOperation;
  /** Who has written: the subject of the token, or what the gateway said; `atlas import` for imports. Null if unknown. */
  readonly subject?: Maybe<Scalars['String']['output']>;
};

/** What a write did. */
export type AuditOperation =
  /** An entity was created. */
  | 'CREATE_ENTITY'
  /** An attribute was defined. */
  | 'DEFINE_ATTRIBUTE'
  /** A retired attribute was deleted with its values. */
  | 'DELETE_ATTRIBUTE'
  /** An entity was deleted. */
  | 'DELETE_ENTITY'
  /** The description of an entity type was set, changed or removed. */
  | 'DESCRIBE_ENTITY_TYPE'
  /** An entity was erased. */
  | 'ERASE_ENTITY'
  /** Everything of the tenant on one shard was erased. */
  | 'ERASE_TENANT'
  /** A retired attribute was restored. */
  | 'RESTORE_ATTRIBUTE'
  /** An attribute was retired. */
  | 'RETIRE_ATTRIBUTE'
  /** The definition of an attribute was changed. */
  | 'UPDATE_ATTRIBUTE'
  /** An entity was changed. */
  | 'UPDATE_ENTITY';

/** Value of a `BOOLEAN` attribute. */
export type BooleanAttribute = Attribute & {
  readonly __typename?: 'BooleanAttribute';
  /** The value. */
  readonly boolean: Scalars['Boolean']['output'];
  /** Key of the attribute, for example `last_seen`. */
  readonly key: Scalars['String']['output'];
  /** Always `BOOLEAN`. */
  readonly type: AttributeType;
  /** When this value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** Conditions on a boolean. False is less than true. All conditions that are set must hold. */
export type BooleanPredicate = {
  /** Equal to this. */
  readonly eq?: InputMaybe<Scalars['Boolean']['input']>;
  /** Greater than this. */
  readonly gt?: InputMaybe<Scalars['Boolean']['input']>;
  /** Greater than or equal to this. */
  readonly gte?: InputMaybe<Scalars['Boolean']['input']>;
  /** Equal to one of these: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['Boolean']['input']>>;
  /** Less than this. */
  readonly lt?: InputMaybe<Scalars['Boolean']['input']>;
  /** Less than or equal to this. */
  readonly lte?: InputMaybe<Scalars['Boolean']['input']>;
  /** Not equal to this. The value must be present. */
  readonly ne?: InputMaybe<Scalars['Boolean']['input']>;
};

/** A limit and what is used of it. */
export type CatalogLimit = {
  readonly __typename?: 'CatalogLimit';
  /** How much may be used. */
  readonly limit: Scalars['Int']['output'];
  /** How much is used. */
  readonly used: Scalars['Int']['output'];
};

/** The limits of a tenant's catalog and what is used of them. Beyond one of them, an attribute cannot be defined or changed. */
export type CatalogUsage = {
  readonly __typename?: 'CatalogUsage';
  /** Attributes, retired ones included. Beyond it: `LIMIT_EXCEEDED`. */
  readonly definitions: CatalogLimit;
  /** Entity types with a description. Beyond it: `LIMIT_EXCEEDED`. */
  readonly describedTypes: CatalogLimit;
  /** Attributes with a typed field, retired ones included. Beyond it: `LIMIT_EXCEEDED`. */
  readonly exposed: CatalogLimit;
  /** Columns of hot attributes, for each type that has any. Those of retired attributes, and those that values are on the way to or from, are taken. Beyond it: `ATTRIBUTE_INVALID`. */
  readonly hotColumns: ReadonlyArray<HotColumnUsage>;
  /** Size of the rules of all attributes, as JSON in UTF-8. Beyond it: `LIMIT_EXCEEDED`. */
  readonly ruleBytes: CatalogLimit;
};

/** A page of `changes`. */
export type ChangeConnection = {
  readonly __typename?: 'ChangeConnection';
  /** The changes of the page, with their cursors. */
  readonly edges: ReadonlyArray<ChangeEdge>;
  /** How fresh the page is. */
  readonly freshness: ReadFreshness;
  /** Position of the page in the list. `endCursor` is there even if the page has no changes. */
  readonly pageInfo: PageInfo;
};

/** A change of a page. */
export type ChangeEdge = {
  readonly __typename?: 'ChangeEdge';
  /** Pass it as `after` to read the changes that follow it. A position does not part a transaction: within one, it is that before the transaction. */
  readonly cursor: Scalars['String']['output'];
  /** The change. */
  readonly node: EntityChange;
};

/** What a change of an entity did. */
export type ChangeOperation =
  /** It was created. */
  | 'CREATED'
  /** It was deleted. */
  | 'DELETED'
  /** It was erased, with everything that was known of it. */
  | 'ERASED'
  /** It was changed. */
  | 'UPDATED';

/** Lag of change capture behind the shard's primary. */
export type ChangeStreamStatus = {
  readonly __typename?: 'ChangeStreamStatus';
  /** Health of the change stream. */
  readonly health: ReplicationHealth;
  /** Bytes of the shard's write-ahead log (WAL) not yet confirmed by change capture. Null if unknown. */
  readonly lagBytes?: Maybe<Scalars['BigInt']['output']>;
  /** Changes received but not yet written to ClickHouse. Null if unknown. */
  readonly lagMessages?: Maybe<Scalars['BigInt']['output']>;
};

/** The entities with one combination of values. */
export type CountGroup = {
  readonly __typename?: 'CountGroup';
  /** Number of entities in the group. */
  readonly count: Scalars['BigInt']['output'];
  /** Value of the first `groupBy` attribute, whole, as text. Null if `groupBy` was not given. */
  readonly value?: Maybe<Scalars['String']['output']>;
  /** Values of all `groupBy` attributes, in their order. */
  readonly values: ReadonlyArray<Maybe<Scalars['String']['output']>>;
};

/** The result of `count`. */
export type CountResult = {
  readonly __typename?: 'CountResult';
  /** Number of entities that match, in whatever group or none. */
  readonly count: Scalars['BigInt']['output'];
  /** How fresh the result is. */
  readonly freshness: ReadFreshness;
  /**
   * The groups with most entities, first; those with equally many in the order of their values. Numbers are ordered by their value, everything
   * else by its text. Fails with `LIMIT_EXCEEDED` if they are so many that no source can tell which ones come first.
   */
  readonly groups: ReadonlyArray<CountGroup>;
};

/** Kind of store that data was read from. */
export type DataSource =
  /** ClickHouse, fed by change capture from every shard. */
  | 'CLICKHOUSE'
  /** The shard's primary: the Postgres server that takes writes. Its lag is 0. */
  | 'PRIMARY'
  /** A streaming replica of the shard's primary. */
  | 'REPLICA';

/** An attribute to define. */
export type DefineAttributeInput = {
  /** Which roles may read and write the attribute's values. Default: whoever may read and write entities. */
  readonly access?: InputMaybe<AttributeAccessInput>;
  /** What the attribute means, in at most 2,000 characters. Becomes the description of the typed field. */
  readonly description?: InputMaybe<Scalars['String']['input']>;
  /** Entity types the attribute is intended for, at most 100. Default: all types. */
  readonly entityTypes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Whether `Entity` gets a typed field for the attribute. The attribute `last_seen` becomes the field `lastSeen`. */
  readonly exposed?: InputMaybe<Scalars['Boolean']['input']>;
  /** Whether filters, orders and analytics can use the attribute. */
  readonly filterable?: InputMaybe<Scalars['Boolean']['input']>;
  /**
   * Whether to store the attribute in its own column. Requires `filterable`. A tenant can have 4 `TEXT`, 4 `NUMBER`,
   * 2 `BOOLEAN` and 2 `TIMESTAMP` hot attributes, shared ones included; past that, `ATTRIBUTE_INVALID`.
   */
  readonly hot?: InputMaybe<Scalars['Boolean']['input']>;
  /** Key: lower-case letters, digits and underscores, starting with a letter, at most 63 characters. For example `last_seen`. */
  readonly key: Scalars['String']['input'];
  /** Rules the attribute's values must satisfy, in addition to its type. A write that violates one fails with `ATTRIBUTE_INVALID`. */
  readonly rules?: InputMaybe<AttributeRulesInput>;
  /**
   * Whether to define it for all tenants. Requires the role `operate`, in addition to `define` (`FORBIDDEN`). Its typed field is in every
   * tenant's schema, and in the SDL that `atlas schema print` prints for a supergraph. A tenant that has an attribute with this key already
   * keeps it, with its values, and the typed field returns them; if it has another type, or another attribute uses the typed field,
   * `ATTRIBUTE_INVALID`. A hot one takes a column that is free for all tenants.
   */
  readonly shared?: InputMaybe<Scalars['Boolean']['input']>;
  /** Type of the attribute's values. It cannot be changed later. */
  readonly type: AttributeType;
  /**
   * Whether the attribute is the key of the types in `entityTypes`, which then must be given: at most one entity of each has a value, and
   * `entityByKey` finds it. For `TEXT` and `NUMBER`. A type has one key. Entities of the type are created with a value of it, which cannot change, and
   * without an id; those that exist already have no key. Neither this nor `entityTypes` can be changed later.
   */
  readonly unique?: InputMaybe<Scalars['Boolean']['input']>;
};

/** The result of `defineAttribute`. */
export type DefineAttributePayload = {
  readonly __typename?: 'DefineAttributePayload';
  /** Pass it as `after` so that later reads include this write. */
  readonly consistencyToken: Scalars['ConsistencyToken']['output'];
  /** The definition in effect: the new one, or the existing one. */
  readonly definition: AttributeDefinition;
  /**
   * Where the definition in effect is not what the input asks for, because the key was defined before. Members that are not set count with their defaults.
   * Empty if nothing differs. `updateAttribute` changes the definition.
   */
  readonly differences: ReadonlyArray<AttributeDifference>;
};

/** The result of `deleteAttribute`. */
export type DeleteAttributePayload = {
  readonly __typename?: 'DeleteAttributePayload';
  /** Pass it as `after` so that later reads include this write. */
  readonly consistencyToken: Scalars['ConsistencyToken']['output'];
  /** The definition, which is being deleted. */
  readonly definition: AttributeDefinition;
};

/** The result of `deleteEntity`. */
export type DeleteEntityPayload = {
  readonly __typename?: 'DeleteEntityPayload';
  /** Pass it as `after` so that later reads include this write. */
  readonly consistencyToken: Scalars['ConsistencyToken']['output'];
  /** Whether the entity existed and was deleted. */
  readonly deleted: Scalars['Boolean']['output'];
  /** Id of the entity, as given. */
  readonly id: Scalars['ID']['output'];
};

/** The result of `describeEntityType`. */
export type DescribeEntityTypePayload = {
  readonly __typename?: 'DescribeEntityTypePayload';
  /** Pass it as `after` so that later reads include this write. */
  readonly consistencyToken: Scalars['ConsistencyToken']['output'];
  /** What it means from now on. */
  readonly description?: Maybe<Scalars['String']['output']>;
  /** The name of the type. */
  readonly type: Scalars['String']['output'];
};

/** The result of `distribution`. */
export type Distribution = {
  readonly __typename?: 'Distribution';
  /** How fresh the result is. */
  readonly freshness: ReadFreshness;
  /**
   * One group per combination of values of the `groupBy` attributes, however long they are, in the order of the values: numbers by their value,
   * everything else by its text. Without `groupBy`, a single group whose value is null.
   */
  readonly groups: ReadonlyArray<DistributionGroup>;
};

/** One bucket of a distribution. */
export type DistributionBucket = {
  readonly __typename?: 'DistributionBucket';
  /** Bucket number: 1 to n within the range, 0 below `min`, n+1 at or above `max`. */
  readonly bucket: Scalars['Int']['output'];
  /** Number of entities in the bucket. */
  readonly count: Scalars['BigInt']['output'];
  /** Lower edge of the bucket, inclusive. Null for bucket 0. */
  readonly lower?: Maybe<Scalars['Float']['output']>;
  /** Upper edge of the bucket, where the next bucket begins. Null for bucket n+1. */
  readonly upper?: Maybe<Scalars['Float']['output']>;
};

/** The distribution within one group. */
export type DistributionGroup = {
  readonly __typename?: 'DistributionGroup';
  /** Buckets with at least one entity, in ascending order. */
  readonly buckets: ReadonlyArray<DistributionBucket>;
  /** Value of the first `groupBy` attribute, whole, as text. `JSON` has its keys in order and no white space. Null if `groupBy` was not given. */
  readonly value?: Maybe<Scalars['String']['output']>;
  /** Values of all `groupBy` attributes, in their order. */
  readonly values: ReadonlyArray<Maybe<Scalars['String']['output']>>;
};

/**
 * An object with dynamic attributes. In addition to the fields below, it has a typed field for each exposed attribute: the
 * attribute `last_seen` is the field `lastSeen`. Typed fields have no arguments; `text(key:, freshness:)` and the others read an attribute as
 * fresh as needed. One statement reads all that a request shows of an entity, however many attributes it selects.
 */
export type Entity = {
  readonly __typename?: 'Entity';
  /** One attribute, with its key, type, value and time of change. Null if the entity does not have it. */
  readonly attribute?: Maybe<Attribute>;
  /** The attributes the entity has, in the order of `keys`, or ordered by key if `keys` is not given. */
  readonly attributes: ReadonlyArray<Attribute>;
  /** Value of a `BOOLEAN` attribute. Null if the entity does not have it. */
  readonly boolean?: Maybe<Scalars['Boolean']['output']>;
  /** When the entity was created. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** How fresh this entity is and which store it was read from. */
  readonly freshness: ReadFreshness;
  /** The changes of the entity, newest first. Those of all entities of a list are read by one statement. */
  readonly history: EntityChangeConnection;
  /** Unique id within the tenant: a positive 64-bit integer in decimal digits. */
  readonly id: Scalars['ID']['output'];
  /** Value of a `JSON` attribute. Null if the entity does not have it. */
  readonly json?: Maybe<Scalars['JSON']['output']>;
  /** Value of a `NUMBER` attribute. Null if the entity does not have it. */
  readonly number?: Maybe<Scalars['Float']['output']>;
  /** Elements of a `NUMBER_LIST` attribute. Null if the entity does not have it. */
  readonly numberList?: Maybe<ReadonlyArray<Scalars['Float']['output']>>;
  /**
   * The entity that a `REFERENCE` attribute refers to. Null if the entity does not have the attribute, or refers to an entity that does not exist, has been deleted, or is of
   * a type that the attribute does not refer to. All references of one level are read in one statement for each shard.
   */
  readonly reference?: Maybe<Entity>;
  /**
   * A page of the entities that refer to this one in a filterable `REFERENCE` attribute. The first pages, and counts, for all entities of a list are read in one
   * statement for each shard, as long as they are in the order of ids and have neither a type nor a filter. Any other page is read for each entity that selects it: of a long list of
   * entities, select that for few.
   */
  readonly referencedBy: EntityConnection;
  /** Value of a `TEXT` attribute. Null if the entity does not have it. */
  readonly text?: Maybe<Scalars['String']['output']>;
  /** Elements of a `TEXT_LIST` attribute. Null if the entity does not have it. */
  readonly textList?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** Value of a `TIMESTAMP` attribute. Null if the entity does not have it. */
  readonly timestamp?: Maybe<Scalars['DateTime']['output']>;
  /** Type of the entity, for example `user`. */
  readonly type: Scalars['String']['output'];
  /** When the entity last changed. */
  readonly updatedAt: Scalars['DateTime']['output'];
  /** Version of the entity: 1 when it is created, incremented by every write that changes it. Pass it as `expectedVersion` to a write. */
  readonly version: Scalars['BigInt']['output'];
};


/**
 * An object with dynamic attributes. In addition to the fields below, it has a typed field for each exposed attribute: the
 * attribute `last_seen` is the field `lastSeen`. Typed fields have no arguments; `text(key:, freshness:)` and the others read an attribute as
 * fresh as needed. One statement reads all that a request shows of an entity, however many attributes it selects.
 */
export type EntityAttributeArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};


/**
 * An object with dynamic attributes. In addition to the fields below, it has a typed field for each exposed attribute: the
 * attribute `last_seen` is the field `lastSeen`. Typed fields have no arguments; `text(key:, freshness:)` and the others read an attribute as
 * fresh as needed. One statement reads all that a request shows of an entity, however many attributes it selects.
 */
export type EntityAttributesArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  keys?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};


/**
 * An object with dynamic attributes. In addition to the fields below, it has a typed field for each exposed attribute: the
 * attribute `last_seen` is the field `lastSeen`. Typed fields have no arguments; `text(key:, freshness:)` and the others read an attribute as
 * fresh as needed. One statement reads all that a request shows of an entity, however many attributes it selects.
 */
export type EntityBooleanArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};


/**
 * An object with dynamic attributes. In addition to the fields below, it has a typed field for each exposed attribute: the
 * attribute `last_seen` is the field `lastSeen`. Typed fields have no arguments; `text(key:, freshness:)` and the others read an attribute as
 * fresh as needed. One statement reads all that a request shows of an entity, however many attributes it selects.
 */
export type EntityHistoryArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  freshness?: InputMaybe<FreshnessInput>;
  from?: InputMaybe<Scalars['DateTime']['input']>;
  keys?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  to?: InputMaybe<Scalars['DateTime']['input']>;
};


/**
 * An object with dynamic attributes. In addition to the fields below, it has a typed field for each exposed attribute: the
 * attribute `last_seen` is the field `lastSeen`. Typed fields have no arguments; `text(key:, freshness:)` and the others read an attribute as
 * fresh as needed. One statement reads all that a request shows of an entity, however many attributes it selects.
 */
export type EntityJsonArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};


/**
 * An object with dynamic attributes. In addition to the fields below, it has a typed field for each exposed attribute: the
 * attribute `last_seen` is the field `lastSeen`. Typed fields have no arguments; `text(key:, freshness:)` and the others read an attribute as
 * fresh as needed. One statement reads all that a request shows of an entity, however many attributes it selects.
 */
export type EntityNumberArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};


/**
 * An object with dynamic attributes. In addition to the fields below, it has a typed field for each exposed attribute: the
 * attribute `last_seen` is the field `lastSeen`. Typed fields have no arguments; `text(key:, freshness:)` and the others read an attribute as
 * fresh as needed. One statement reads all that a request shows of an entity, however many attributes it selects.
 */
export type EntityNumberListArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};


/**
 * An object with dynamic attributes. In addition to the fields below, it has a typed field for each exposed attribute: the
 * attribute `last_seen` is the field `lastSeen`. Typed fields have no arguments; `text(key:, freshness:)` and the others read an attribute as
 * fresh as needed. One statement reads all that a request shows of an entity, however many attributes it selects.
 */
export type EntityReferenceArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};


/**
 * An object with dynamic attributes. In addition to the fields below, it has a typed field for each exposed attribute: the
 * attribute `last_seen` is the field `lastSeen`. Typed fields have no arguments; `text(key:, freshness:)` and the others read an attribute as
 * fresh as needed. One statement reads all that a request shows of an entity, however many attributes it selects.
 */
export type EntityReferencedByArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<EntityFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<ReadonlyArray<EntityOrder>>;
  type?: InputMaybe<Scalars['String']['input']>;
  where?: InputMaybe<EntityWhere>;
};


/**
 * An object with dynamic attributes. In addition to the fields below, it has a typed field for each exposed attribute: the
 * attribute `last_seen` is the field `lastSeen`. Typed fields have no arguments; `text(key:, freshness:)` and the others read an attribute as
 * fresh as needed. One statement reads all that a request shows of an entity, however many attributes it selects.
 */
export type EntityTextArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};


/**
 * An object with dynamic attributes. In addition to the fields below, it has a typed field for each exposed attribute: the
 * attribute `last_seen` is the field `lastSeen`. Typed fields have no arguments; `text(key:, freshness:)` and the others read an attribute as
 * fresh as needed. One statement reads all that a request shows of an entity, however many attributes it selects.
 */
export type EntityTextListArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};


/**
 * An object with dynamic attributes. In addition to the fields below, it has a typed field for each exposed attribute: the
 * attribute `last_seen` is the field `lastSeen`. Typed fields have no arguments; `text(key:, freshness:)` and the others read an attribute as
 * fresh as needed. One statement reads all that a request shows of an entity, however many attributes it selects.
 */
export type EntityTimestampArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};

/** One change of an entity by a writer. */
export type EntityChange = {
  readonly __typename?: 'EntityChange';
  /** When it was written, by the primary's clock. */
  readonly at: Scalars['DateTime']['output'];
  /** What it did to the attributes, in the order of their keys: of a creation or a deletion all of them, otherwise those that it changed. */
  readonly attributes: ReadonlyArray<AttributeChange>;
  /** The entity that was changed. */
  readonly entityId: Scalars['ID']['output'];
  /** Type of the entity. Null of an erasure. */
  readonly entityType?: Maybe<Scalars['String']['output']>;
  /** What was done. */
  readonly operation: ChangeOperation;
  /** Who has written: the subject of the token, or what the gateway said; `atlas import` for imports. Null if unknown. */
  readonly subject?: Maybe<Scalars['String']['output']>;
  /** A read with this token contains the change. */
  readonly token: Scalars['ConsistencyToken']['output'];
  /** Version of the entity after the change; of a deletion, the last one. Null of an erasure. */
  readonly version?: Maybe<Scalars['BigInt']['output']>;
};

/** A page of an entity's history. */
export type EntityChangeConnection = {
  readonly __typename?: 'EntityChangeConnection';
  /** Every change since then is kept. Null if nothing is kept yet. */
  readonly completeSince?: Maybe<Scalars['DateTime']['output']>;
  /** The changes of the page, with their cursors. */
  readonly edges: ReadonlyArray<EntityChangeEdge>;
  /** How fresh the page is. */
  readonly freshness: ReadFreshness;
  /** Position of the page in the history. */
  readonly pageInfo: PageInfo;
};

/** A change of a page. */
export type EntityChangeEdge = {
  readonly __typename?: 'EntityChangeEdge';
  /** Position of the change. Pass it as `after` to read the changes that follow it. */
  readonly cursor: Scalars['String']['output'];
  /** The change. */
  readonly node: EntityChange;
};

/** A change of an entity that a subscription selects. */
export type EntityChangedEvent = {
  readonly __typename?: 'EntityChangedEvent';
  /** The change. */
  readonly change: EntityChange;
  /**
   * Pass it as `after` to `changes`, or to another subscription, to continue behind the event. A position does not part a transaction: within one, it is that
   * before the transaction.
   */
  readonly cursor: Scalars['String']['output'];
  /** How fresh the read was that found the change. */
  readonly freshness: ReadFreshness;
  /** Whether the entity is one of the selected after the change. False: it was one before, and is not any more, since it was changed, deleted or erased. */
  readonly matches: Scalars['Boolean']['output'];
};

/** A page of entities. */
export type EntityConnection = {
  readonly __typename?: 'EntityConnection';
  /** The entities on this page, each with its cursor. */
  readonly edges: ReadonlyArray<EntityEdge>;
  /** How fresh the page is. If it combines several reads, the one furthest behind. */
  readonly freshness: ReadFreshness;
  /** Position of this page in the list. */
  readonly pageInfo: PageInfo;
  /** Number of entities that match, on all pages. Counted only if selected. */
  readonly totalCount: Scalars['BigInt']['output'];
};

/** An entity and its cursor. */
export type EntityEdge = {
  readonly __typename?: 'EntityEdge';
  /** Opaque cursor. Pass it as `after` or `before` with the same `type`, `filter`, `where` and `orderBy`. */
  readonly cursor: Scalars['String']['output'];
  /** The entity. */
  readonly node: Entity;
};

/**
 * Selects entities. All members that are set must hold; null means not set. An entity that lacks an attribute satisfies no
 * predicate on it, not even `ne`, but does satisfy `not` around such a predicate. A filter means the same on every data source.
 * A filter can have at most 100 predicates and combinators unless the server is configured otherwise (`LIMIT_EXCEEDED`).
 */
export type EntityFilter = {
  /** All of these filters must hold. */
  readonly and?: InputMaybe<ReadonlyArray<EntityFilter>>;
  /** All of these attribute conditions must hold. */
  readonly attributes?: InputMaybe<ReadonlyArray<AttributeFilter>>;
  /** Condition on the time the entity was created. */
  readonly createdAt?: InputMaybe<TimestampPredicate>;
  /** The entity's id is one of these: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  readonly ids?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  /** This filter must not hold. */
  readonly not?: InputMaybe<EntityFilter>;
  /** At least one of these filters must hold. An empty list matches nothing. */
  readonly or?: InputMaybe<ReadonlyArray<EntityFilter>>;
  /** Condition on the time the entity last changed. */
  readonly updatedAt?: InputMaybe<TimestampPredicate>;
};

/**
 * One sort criterion: either an attribute or a field. Entities that lack the attribute come last in both directions. Texts are
 * ordered by their first 256 characters (Unicode code points, compared as UTF-8 bytes): texts that begin alike are ordered by the next criterion, and at
 * last by the entity's id. Filters and groups compare whole texts.
 */
export type EntityOrder = {
  /** Key of the filterable attribute to sort by. `JSON` attributes cannot be sorted by. */
  readonly attribute?: InputMaybe<Scalars['String']['input']>;
  /** Sort direction. */
  readonly direction: OrderDirection;
  /** Field of the entity to sort by. */
  readonly field?: InputMaybe<EntityOrderField>;
};

/** A field of an entity that can be sorted by. */
export type EntityOrderField =
  /** When the entity was created. */
  | 'CREATED_AT'
  /** The entity's id, compared as a number. */
  | 'ID'
  /** When the entity last changed. */
  | 'UPDATED_AT';

/** Moments that every entity has. */
export type EntityTimeField =
  /** When the entity was created. */
  | 'CREATED_AT'
  /** When the entity last changed. */
  | 'UPDATED_AT';

/** A type of entities. It exists once an entity has it, a definition lists it, or it is described. */
export type EntityType = {
  readonly __typename?: 'EntityType';
  /**
   * The attributes in use: those that entities of the type have, and those that list the type in `entityTypes`, ordered by key. Retired ones, and those that the caller may not read, are left
   * out.
   */
  readonly attributes: ReadonlyArray<EntityTypeAttribute>;
  /** What the type means. Null if it is not described. */
  readonly description?: Maybe<Scalars['String']['output']>;
  /** Number of entities of the type. 0 if it is only listed or described. */
  readonly entityCount: Scalars['BigInt']['output'];
  /** The name of the type, for example `user`. */
  readonly name: Scalars['String']['output'];
};

/** An attribute of an entity type. */
export type EntityTypeAttribute = {
  readonly __typename?: 'EntityTypeAttribute';
  /** Its definition. */
  readonly definition: AttributeDefinition;
  /** Number of entities of the type that have it. 0 if it only lists the type. */
  readonly entityCount: Scalars['BigInt']['output'];
};

/** A page of entity types. */
export type EntityTypeConnection = {
  readonly __typename?: 'EntityTypeConnection';
  /** The types on this page, each with its cursor. */
  readonly edges: ReadonlyArray<EntityTypeEdge>;
  /** How fresh the page is. */
  readonly freshness: ReadFreshness;
  /** Position of this page in the list. */
  readonly pageInfo: PageInfo;
};

/** An entity type and its cursor. */
export type EntityTypeEdge = {
  readonly __typename?: 'EntityTypeEdge';
  /** Opaque cursor. Pass it as `after` to read the types that follow. */
  readonly cursor: Scalars['String']['output'];
  /** The type. */
  readonly node: EntityType;
};

/**
 * Selects entities by typed fields. In addition to the members below, it has one for each exposed filterable attribute, named like its typed
 * field: `{ score: { gt: 80 }, lastSeen: { exists: false } }`. A condition of the wrong type fails validation. All members that are set
 * must hold; null means not set. It means the same as the `EntityFilter` with these conditions, and has the same limits. An attribute whose
 * typed field is called `and`, `or` or `not` can be filtered with `EntityFilter` only.
 */
export type EntityWhere = {
  /** All of these must hold. */
  readonly and?: InputMaybe<ReadonlyArray<EntityWhere>>;
  /** Condition on the time the entity was created. */
  readonly createdAt?: InputMaybe<TimestampPredicate>;
  /** Condition on the entity's id. */
  readonly id?: InputMaybe<IdPredicate>;
  /** This must not hold. */
  readonly not?: InputMaybe<EntityWhere>;
  /** At least one of these must hold. An empty list matches nothing. */
  readonly or?: InputMaybe<ReadonlyArray<EntityWhere>>;
  /** Condition on the time the entity last changed. */
  readonly updatedAt?: InputMaybe<TimestampPredicate>;
};

/** The result of `eraseEntity`. */
export type EraseEntityPayload = {
  readonly __typename?: 'EraseEntityPayload';
  /** Pass it as `after` so that later reads include this write. */
  readonly consistencyToken: Scalars['ConsistencyToken']['output'];
  /** The erasure, which goes on in ClickHouse. */
  readonly erasure: Erasure;
};

/** The erasure of an entity. */
export type Erasure = {
  readonly __typename?: 'Erasure';
  /** How many index rows of its attributes were removed from Postgres. */
  readonly attributeRows: Scalars['Int']['output'];
  /** How many rows were removed from ClickHouse, with all versions and tombstones. */
  readonly clickhouseRows: Scalars['BigInt']['output'];
  /** When the last of ClickHouse's files that contained such a row was gone, and the erasure complete. Null: not yet. */
  readonly completedAt?: Maybe<Scalars['DateTime']['output']>;
  /** How many entities were removed from Postgres: 0 if it did not exist. */
  readonly entities: Scalars['Int']['output'];
  /** The id that was erased. */
  readonly entityId: Scalars['ID']['output'];
  /** Unique on the shard of the entity. */
  readonly id: Scalars['ID']['output'];
  /** What an erasure cannot reach, and how it goes away. */
  readonly remains: ReadonlyArray<Scalars['String']['output']>;
  /** When the last row was removed from ClickHouse. Null: not yet. */
  readonly removedAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it was erased from Postgres. */
  readonly requestedAt: Scalars['DateTime']['output'];
  /** Who erased it: the subject of the token. Null if unknown. */
  readonly subject?: Maybe<Scalars['String']['output']>;
};

/** What to do with the other rows of a batch if a row is not valid. */
export type ErrorPolicy =
  /**
   * Writes nothing if any row is not valid. Errors that occur only while writing (a version conflict, a shard that is down)
   * still fail only the rows they affect.
   */
  | 'REJECT_ALL'
  /** Writes the valid rows and reports an error for each of the others. */
  | 'REJECT_FAILED_ROWS';

/** The values of one attribute among the entities that match, without the conditions on this attribute. */
export type Facet = {
  readonly __typename?: 'Facet';
  /** Key of the attribute. */
  readonly attribute: Scalars['String']['output'];
  /** Number of all different values. Null if there are more than a source returns: 10,000, unless the server is configured otherwise. */
  readonly distinct?: Maybe<Scalars['BigInt']['output']>;
  /** Number of entities that lack the attribute. */
  readonly missing: Scalars['BigInt']['output'];
  /** The values with most entities, first; those with equally many in their own order: numbers by their value, everything else by its text. */
  readonly values: ReadonlyArray<ValueCount>;
};

/** The result of `facets`. */
export type FacetsResult = {
  readonly __typename?: 'FacetsResult';
  /** One facet for each of the attributes, in their order. */
  readonly facets: ReadonlyArray<Facet>;
  /** How fresh the result is. */
  readonly freshness: ReadFreshness;
};

/** What to do if the preferred source does not meet the lag bound. */
export type FallbackStrategy =
  /** Fail with `FRESHNESS_UNAVAILABLE`, whose `extensions.retryAfterMs` says when a retry may succeed, or with `ANALYTICS_UNAVAILABLE` if ClickHouse is down. */
  | 'FAIL'
  /** Read from the primary. Default for entities. */
  | 'PRIMARY'
  /** Read from a replica even if it exceeds the bound; the answer is then marked `stale`. The primary is read only if no replica can answer. Default for analytics. */
  | 'REPLICA';

/** Freshness class of a read. Each class has a lag budget: how far the data may lag behind the primary. */
export type FreshnessClass =
  /** At most 5 min behind. Read from ClickHouse if its lag is within the budget. Default for analytics. */
  | 'ANALYTICAL'
  /** At most 1 h behind. Read from ClickHouse if its lag is within the budget. */
  | 'BATCH'
  /** At most 1 s behind. Read from a replica if its lag is within the budget. Default for entities. */
  | 'INTERACTIVE'
  /** At most 30 s behind. Read from a replica if its lag is within the budget. */
  | 'OPERATIONAL'
  /** At most 100 ms behind. Read from the primary. */
  | 'REALTIME';

/**
 * How fresh a read must be. Members that are not set are taken from the next of these, in order of precedence: the field's
 * argument, `@freshness` on the field, `@freshness` on the operation, the request headers, `@freshness` on the field's
 * definition, the default. A value that is not valid fails with `BAD_FRESHNESS`.
 */
export type FreshnessInput = {
  /** Consistency token of a write or of an earlier read, whose data must be included. */
  readonly after?: InputMaybe<Scalars['ConsistencyToken']['input']>;
  /** Freshness class, which determines the lag budget and the preferred source. */
  readonly class?: InputMaybe<FreshnessClass>;
  /** What to do if the preferred source does not meet the lag bound. */
  readonly fallback?: InputMaybe<FallbackStrategy>;
  /** Maximum lag in milliseconds, from 0. Tightens the budget of the class; it never loosens it. */
  readonly maxLagMs?: InputMaybe<Scalars['Int']['input']>;
  /** Maximum time in milliseconds to wait for a source to reach `after` before falling back: 0 to 30,000. Default: 1,000 unless the server is configured otherwise. */
  readonly maxWaitMs?: InputMaybe<Scalars['Int']['input']>;
};

/** The columns for hot attributes of one type. */
export type HotColumnUsage = {
  readonly __typename?: 'HotColumnUsage';
  /** How many there are. */
  readonly limit: Scalars['Int']['output'];
  /** Type of the attributes. */
  readonly type: AttributeType;
  /** How many columns are taken. */
  readonly used: Scalars['Int']['output'];
};

/** Conditions on an id. All conditions that are set must hold. */
export type IdPredicate = {
  /** Equal to this. */
  readonly eq?: InputMaybe<Scalars['ID']['input']>;
  /** Equal to one of these: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
};

/** Value of a `JSON` attribute. */
export type JsonAttribute = Attribute & {
  readonly __typename?: 'JsonAttribute';
  /** The value. */
  readonly json?: Maybe<Scalars['JSON']['output']>;
  /** Key of the attribute, for example `last_seen`. */
  readonly key: Scalars['String']['output'];
  /** Always `JSON`. */
  readonly type: AttributeType;
  /** When this value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** Conditions on a JSON value. Values are equal if they are the same JSON; the order of object members does not matter. All conditions that are set must hold. */
export type JsonPredicate = {
  /** Equal to this. */
  readonly eq?: InputMaybe<Scalars['JSON']['input']>;
  /** Equal to one of these: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['JSON']['input']>>;
  /** Not equal to this. The value must be present. */
  readonly ne?: InputMaybe<Scalars['JSON']['input']>;
};

/** Writes. Every mutation returns a consistency token; passed to a later read, it makes that read include the write. */
export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Defines an attribute. If the key is already defined with the same type, the existing definition is returned unchanged, and `differences`
   * says where it is not what the input asks for. Fails with `ATTRIBUTE_TYPE_MISMATCH` if the key is defined with
   * another type, and with `ATTRIBUTE_INVALID` if the definition is not valid.
   */
  readonly defineAttribute: DefineAttributePayload;
  /**
   * Deletes a retired attribute with its values, beyond recovery. The servers remove the values from the entities and from all indexes, batch by batch; until that is
   * complete, the definition is listed as retired, with `isBeingDeleted`. Afterwards the key is free, and another attribute can have it. The versions of the entities do not
   * change. A deletion that is under way is not begun again. Fails with `ATTRIBUTE_INVALID` for an attribute that is not retired.
   */
  readonly deleteAttribute: DeleteAttributePayload;
  /** Deletes one entity with all of its attributes. */
  readonly deleteEntity: DeleteEntityPayload;
  /**
   * Says what an entity type means, whether or not any entity has it yet. Nothing but the description is stored: entities can have any type. The descriptions of a tenant are at most 1,000
   * (`LIMIT_EXCEEDED`).
   */
  readonly describeEntityType: DescribeEntityTypePayload;
  /**
   * Erases an entity beyond recovery, whether it exists or was deleted before. It is gone from Postgres when the mutation returns; from
   * ClickHouse, where it is not visible any more once this write has arrived, every version and tombstone is removed afterwards: see `erasures`. An entity that is created
   * with the same id later is another one, and stays. The mutation can be repeated.
   */
  readonly eraseEntity: EraseEntityPayload;
  /**
   * Brings a retired attribute back, with its definition and its stored values as they were. An attribute that is not retired is returned
   * unchanged.
   */
  readonly restoreAttribute: RestoreAttributePayload;
  /**
   * Takes an attribute out of use. Its stored values are kept, but they are not returned, and the attribute has no typed field. Reads, filters and
   * writes that name it fail with `ATTRIBUTE_UNKNOWN`. Its key, the name of its typed field and its column stay taken. An attribute that is retired
   * already is returned unchanged.
   */
  readonly retireAttribute: RetireAttributePayload;
  /**
   * Changes the definition of an attribute. Stored values are neither checked nor changed: rules that become stricter hold for
   * values that are written from then on. Fails with `ATTRIBUTE_UNKNOWN` if the attribute is not defined or is retired, with
   * `ATTRIBUTE_INVALID` if the new definition is not valid, and with `FORBIDDEN` for an attribute that is shared by all tenants.
   */
  readonly updateAttribute: UpdateAttributePayload;
  /**
   * Creates or updates many entities: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). Returns one
   * result per row.
   */
  readonly upsertEntities: UpsertEntitiesPayload;
  /** Creates or updates one entity. Attributes that are not named keep their values. */
  readonly upsertEntity: UpsertEntityPayload;
};


/** Writes. Every mutation returns a consistency token; passed to a later read, it makes that read include the write. */
export type MutationDefineAttributeArgs = {
  input: DefineAttributeInput;
};


/** Writes. Every mutation returns a consistency token; passed to a later read, it makes that read include the write. */
export type MutationDeleteAttributeArgs = {
  expectedVersion?: InputMaybe<Scalars['BigInt']['input']>;
  key: Scalars['String']['input'];
};


/** Writes. Every mutation returns a consistency token; passed to a later read, it makes that read include the write. */
export type MutationDeleteEntityArgs = {
  expectedVersion?: InputMaybe<Scalars['BigInt']['input']>;
  id: Scalars['ID']['input'];
};


/** Writes. Every mutation returns a consistency token; passed to a later read, it makes that read include the write. */
export type MutationDescribeEntityTypeArgs = {
  description?: InputMaybe<Scalars['String']['input']>;
  type: Scalars['String']['input'];
};


/** Writes. Every mutation returns a consistency token; passed to a later read, it makes that read include the write. */
export type MutationEraseEntityArgs = {
  id: Scalars['ID']['input'];
};


/** Writes. Every mutation returns a consistency token; passed to a later read, it makes that read include the write. */
export type MutationRestoreAttributeArgs = {
  expectedVersion?: InputMaybe<Scalars['BigInt']['input']>;
  key: Scalars['String']['input'];
};


/** Writes. Every mutation returns a consistency token; passed to a later read, it makes that read include the write. */
export type MutationRetireAttributeArgs = {
  expectedVersion?: InputMaybe<Scalars['BigInt']['input']>;
  key: Scalars['String']['input'];
};


/** Writes. Every mutation returns a consistency token; passed to a later read, it makes that read include the write. */
export type MutationUpdateAttributeArgs = {
  input: UpdateAttributeInput;
};


/** Writes. Every mutation returns a consistency token; passed to a later read, it makes that read include the write. */
export type MutationUpsertEntitiesArgs = {
  errorPolicy?: InputMaybe<ErrorPolicy>;
  input: ReadonlyArray<UpsertEntityInput>;
};


/** Writes. Every mutation returns a consistency token; passed to a later read, it makes that read include the write. */
export type MutationUpsertEntityArgs = {
  input: UpsertEntityInput;
};

/** Value of a `NUMBER` attribute. */
export type NumberAttribute = Attribute & {
  readonly __typename?: 'NumberAttribute';
  /** Key of the attribute, for example `last_seen`. */
  readonly key: Scalars['String']['output'];
  /** The value. */
  readonly number: Scalars['Float']['output'];
  /** Always `NUMBER`. */
  readonly type: AttributeType;
  /** When this value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** Value of a `NUMBER_LIST` attribute. */
export type NumberListAttribute = Attribute & {
  readonly __typename?: 'NumberListAttribute';
  /** Key of the attribute, for example `prices`. */
  readonly key: Scalars['String']['output'];
  /** The elements, in their order. */
  readonly numberList: ReadonlyArray<Scalars['Float']['output']>;
  /** Always `NUMBER_LIST`. */
  readonly type: AttributeType;
  /** When this value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** Conditions on a list of numbers. All conditions that are set must hold. */
export type NumberListPredicate = {
  /** This is an element. */
  readonly contains?: InputMaybe<Scalars['Float']['input']>;
  /** All of these are elements, in any order. Each counts as a predicate of the filter. An empty list matches every list. */
  readonly containsAll?: InputMaybe<ReadonlyArray<Scalars['Float']['input']>>;
  /** At least one of these is an element: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). An empty list matches nothing. */
  readonly containsAny?: InputMaybe<ReadonlyArray<Scalars['Float']['input']>>;
  /** Condition on the number of elements. That of an empty list is 0. */
  readonly size?: InputMaybe<NumberPredicate>;
};

/** Conditions on a number. All conditions that are set must hold. */
export type NumberPredicate = {
  /** Equal to this. */
  readonly eq?: InputMaybe<Scalars['Float']['input']>;
  /** Greater than this. */
  readonly gt?: InputMaybe<Scalars['Float']['input']>;
  /** Greater than or equal to this. */
  readonly gte?: InputMaybe<Scalars['Float']['input']>;
  /** Equal to one of these: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['Float']['input']>>;
  /** Less than this. */
  readonly lt?: InputMaybe<Scalars['Float']['input']>;
  /** Less than or equal to this. */
  readonly lte?: InputMaybe<Scalars['Float']['input']>;
  /** Not equal to this. The value must be present. */
  readonly ne?: InputMaybe<Scalars['Float']['input']>;
};

/** Sort direction. */
export type OrderDirection =
  /** Ascending: smallest first. */
  | 'ASC'
  /** Descending: largest first. */
  | 'DESC';

/** Position of a page in a list, as defined by the Relay cursor connections specification. */
export type PageInfo = {
  readonly __typename?: 'PageInfo';
  /** Cursor of the last element. Pass it as `after` to read the elements that follow it. Null on an empty page. */
  readonly endCursor?: Maybe<Scalars['String']['output']>;
  /** Whether more elements follow this page. Selecting it on a page of entities read with `before` costs an additional read. */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** Whether elements precede this page. Selecting it on a page of entities read with `after` costs an additional read. */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** Cursor of the first element. Pass it as `before` to read the elements that precede it. Null on an empty page. */
  readonly startCursor?: Maybe<Scalars['String']['output']>;
};

/** A quantile. */
export type Quantile = {
  readonly __typename?: 'Quantile';
  /** The part of the values that are at most this one: 0.5 is the median. */
  readonly level: Scalars['Float']['output'];
  /** The value. */
  readonly value?: Maybe<Scalars['Float']['output']>;
};

/** Reads. */
export type Query = {
  readonly __typename?: 'Query';
  /** Aggregations over many entities. */
  readonly analytics: Analytics;
  /**
   * The definition of one attribute. Null if the tenant has no attribute with this key. Each server keeps all definitions in
   * memory and is notified of changes, usually within milliseconds; see `freshness` for what is guaranteed.
   */
  readonly attributeDefinition?: Maybe<AttributeDefinition>;
  /** A page of the attribute definitions visible to the tenant, its own and the shared ones, ordered by key. */
  readonly attributeDefinitions: AttributeDefinitionConnection;
  /**
   * Who has written what, newest first: every entity that was created, changed, deleted or erased, and every change of an attribute's definition or of the
   * description of an entity type. It holds versions, and no values. How long it is kept is configured.
   */
  readonly auditLog: AuditConnection;
  /**
   * What the tenant's catalog may contain, and how much of that it does. Attributes that the caller may not read are counted too; those that are shared by all tenants
   * take hot columns only.
   */
  readonly catalogUsage: CatalogUsage;
  /**
   * What has changed since a token, in pages that continue exactly where the one before ended: pass `pageInfo.endCursor` as `after`. A page ends with the
   * transaction that reaches `first`, so it has more changes if one transaction wrote many: an import, or `upsertEntities`, up to 1,000. An entity that was erased is reported as `ERASED`, without what it was.
   */
  readonly changes: ChangeConnection;
  /**
   * A page of the entities that match. Pagination is stable under writes: writing one entity never makes another entity appear
   * twice or be skipped.
   */
  readonly entities: EntityConnection;
  /** The entities with these ids, in the order of `ids`, with null for each id that does not exist. */
  readonly entitiesById: ReadonlyArray<Maybe<Entity>>;
  /** The entity with this id. Null if it does not exist. */
  readonly entity?: Maybe<Entity>;
  /**
   * The entity of a type whose key has this value: the key is the attribute that is `unique` for the type (`BAD_USER_INPUT` for another). Null if there is none.
   * A read like `entity`, from the one shard that the value decides, and in one statement with other reads by id.
   */
  readonly entityByKey?: Maybe<Entity>;
  /** The changes of one entity, newest first, also if it does not exist any more. What was erased has none. */
  readonly entityHistory: EntityChangeConnection;
  /**
   * A page of the entity types of the tenant, ordered by name: those of its entities, those that definitions list in `entityTypes`, and those that are described. What is
   * selected decides what is read: names alone are found in an index, `entityCount` looks at every entity, and `attributes` at the values of every entity of the types on the page.
   */
  readonly entityTypes: EntityTypeConnection;
  /** What has become of the erasures of an entity's id, newest first. */
  readonly erasures: ReadonlyArray<Erasure>;
  /** State of replication, as of the last probes. */
  readonly replication: ReplicationStatus;
  /**
   * The entities whose texts have all words of `text`, whatever their case: those that consist of little else come first. Words are what is between
   * punctuation, symbols and spaces. A word with an asterisk after it, such as `ada*`, also finds words that begin with it. The words may be in
   * different attributes. The same on every data source.
   */
  readonly search: SearchConnection;
};


/** Reads. */
export type QueryAttributeDefinitionArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};


/** Reads. */
export type QueryAttributeDefinitionsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<AttributeDefinitionFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  freshness?: InputMaybe<FreshnessInput>;
};


/** Reads. */
export type QueryAuditLogArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  entityId?: InputMaybe<Scalars['ID']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  freshness?: InputMaybe<FreshnessInput>;
  from?: InputMaybe<Scalars['DateTime']['input']>;
  subject?: InputMaybe<Scalars['String']['input']>;
  to?: InputMaybe<Scalars['DateTime']['input']>;
};


/** Reads. */
export type QueryCatalogUsageArgs = {
  freshness?: InputMaybe<FreshnessInput>;
};


/** Reads. */
export type QueryChangesArgs = {
  after?: InputMaybe<Scalars['ConsistencyToken']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  freshness?: InputMaybe<FreshnessInput>;
  operations?: InputMaybe<ReadonlyArray<ChangeOperation>>;
  types?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};


/** Reads. */
export type QueryEntitiesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  asOf?: InputMaybe<Scalars['DateTime']['input']>;
  asOfToken?: InputMaybe<Scalars['ConsistencyToken']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<EntityFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  freshness?: InputMaybe<FreshnessInput>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<ReadonlyArray<EntityOrder>>;
  type?: InputMaybe<Scalars['String']['input']>;
  where?: InputMaybe<EntityWhere>;
};


/** Reads. */
export type QueryEntitiesByIdArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  ids: ReadonlyArray<Scalars['ID']['input']>;
};


/** Reads. */
export type QueryEntityArgs = {
  asOf?: InputMaybe<Scalars['DateTime']['input']>;
  asOfToken?: InputMaybe<Scalars['ConsistencyToken']['input']>;
  freshness?: InputMaybe<FreshnessInput>;
  id: Scalars['ID']['input'];
};


/** Reads. */
export type QueryEntityByKeyArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
  type: Scalars['String']['input'];
  value: Scalars['String']['input'];
};


/** Reads. */
export type QueryEntityHistoryArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  freshness?: InputMaybe<FreshnessInput>;
  from?: InputMaybe<Scalars['DateTime']['input']>;
  id: Scalars['ID']['input'];
  keys?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  to?: InputMaybe<Scalars['DateTime']['input']>;
};


/** Reads. */
export type QueryEntityTypesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  freshness?: InputMaybe<FreshnessInput>;
};


/** Reads. */
export type QueryErasuresArgs = {
  entityId: Scalars['ID']['input'];
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Reads. */
export type QuerySearchArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<EntityFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  freshness?: InputMaybe<FreshnessInput>;
  keys?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  text: Scalars['String']['input'];
  type?: InputMaybe<Scalars['String']['input']>;
  where?: InputMaybe<EntityWhere>;
};

/**
 * Measured freshness of a read, taken from the same snapshot as its data. If several reads contributed, source, class, lag, `stale`,
 * `fellBack` and `reason` are those of the read furthest behind; `extensions.freshness` has the others.
 */
export type ReadFreshness = {
  readonly __typename?: 'ReadFreshness';
  /** The data includes everything committed before this time. 1970-01-01T00:00:00.000Z if unknown. */
  readonly dataTimestamp: Scalars['DateTime']['output'];
  /** Whether a source other than the preferred one answered. */
  readonly fellBack: Scalars['Boolean']['output'];
  /** Health of replication into the source. */
  readonly health: ReplicationHealth;
  /** Upper bound, in milliseconds, of how far the data lags behind the primary. Null if unknown; 2147483647 means that much or more. */
  readonly lagMs?: Maybe<Scalars['Int']['output']>;
  /** Why this source answered. */
  readonly reason: RouteReason;
  /** The class that was requested. */
  readonly requestedClass: FreshnessClass;
  /** Tightest class whose budget the measured lag meets. Null if the lag exceeds `BATCH` or is unknown. */
  readonly servedClass?: Maybe<FreshnessClass>;
  /** Shard the data was read from. Null if it was read from several. */
  readonly shard?: Maybe<Scalars['String']['output']>;
  /** Store that answered. */
  readonly source: DataSource;
  /** Time of the latest heartbeat the data includes, by the primary's clock. Null for a read from a primary, and if no heartbeat has arrived. */
  readonly sourceTimestamp?: Maybe<Scalars['DateTime']['output']>;
  /** Whether the data misses the requested freshness. Possible only with the fallback `REPLICA`, and with the reason `OVERLOAD_RELAXED`. */
  readonly stale: Scalars['Boolean']['output'];
  /**
   * Token of what was read. Given as `after` to a later read, it makes that read include everything that this one shows, and
   * everything that this one was required to include: with it, a client never sees an earlier state, whatever sources answer.
   */
  readonly token: Scalars['ConsistencyToken']['output'];
};

/** Value of a `REFERENCE` attribute. */
export type ReferenceAttribute = Attribute & {
  readonly __typename?: 'ReferenceAttribute';
  /** The id of the entity that it refers to, whether or not there is one. */
  readonly id: Scalars['ID']['output'];
  /** Key of the attribute, for example `author`. */
  readonly key: Scalars['String']['output'];
  /** Always `REFERENCE`. */
  readonly type: AttributeType;
  /** When this value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** Conditions on a reference. All conditions that are set must hold. They are about the id that it has: whether there is such an entity does not matter. */
export type ReferencePredicate = {
  /** Refers to the entity with this id. */
  readonly eq?: InputMaybe<Scalars['ID']['input']>;
  /** Refers to one of these: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  /** Refers to another entity than the one with this id. The value must be present. */
  readonly ne?: InputMaybe<Scalars['ID']['input']>;
};

/** Health of replication into a source. */
export type ReplicationHealth =
  /** The source answers, but its lag exceeds the configured threshold. */
  | 'DEGRADED'
  /** The source does not answer, or its lag is unknown. */
  | 'DOWN'
  /** The source answers and its lag is within the configured threshold. */
  | 'HEALTHY';

/** State of replication, as of the last probes. For the measured lag of one read, select its `freshness`. */
export type ReplicationStatus = {
  readonly __typename?: 'ReplicationStatus';
  /** Worst health of all sources and change streams below. */
  readonly health: ReplicationHealth;
  /** State of each shard. */
  readonly shards: ReadonlyArray<ShardReplication>;
  /** Time of this status, by the server's clock. */
  readonly timestamp: Scalars['DateTime']['output'];
};

/** The result of `restoreAttribute`. */
export type RestoreAttributePayload = {
  readonly __typename?: 'RestoreAttributePayload';
  /** Pass it as `after` so that later reads include this write. */
  readonly consistencyToken: Scalars['ConsistencyToken']['output'];
  /** The definition, which is in use again. */
  readonly definition: AttributeDefinition;
};

/** The result of `retireAttribute`. */
export type RetireAttributePayload = {
  readonly __typename?: 'RetireAttributePayload';
  /** Pass it as `after` so that later reads include this write. */
  readonly consistencyToken: Scalars['ConsistencyToken']['output'];
  /** The retired definition. */
  readonly definition: AttributeDefinition;
};

/** Why this source answered a read. */
export type RouteReason =
  /** The preferred source exceeded the lag bound, or did so a moment ago. */
  | 'LAG_EXCEEDED'
  /** The lag of the preferred source was unknown. An unknown lag never counts as fresh. */
  | 'LAG_UNKNOWN'
  /** The shard has no replica by configuration. */
  | 'NO_REPLICA'
  /** The primary had no room for reads that fall back, and the server is configured to relax the bound of this class then. `stale` if the bound is missed. */
  | 'OVERLOAD_RELAXED'
  /** The requested class can only be met by the primary. */
  | 'PRIMARY_REQUIRED'
  /** All connections to the preferred source were in use, or it was too busy to open one in time. In an error: the primary had no room for reads that fall back. */
  | 'SOURCE_BUSY'
  /** The preferred source did not answer. */
  | 'SOURCE_DOWN'
  /** The preferred source did not reach the position of the consistency token within `maxWaitMs`. */
  | 'TOKEN_NOT_REACHED'
  /** The preferred source cannot answer this kind of read. */
  | 'UNSUPPORTED_BY_SOURCE'
  /** The preferred source was within the lag bound. */
  | 'WITHIN_BOUND';

/** A page of what a search found. */
export type SearchConnection = {
  readonly __typename?: 'SearchConnection';
  /** The entities of the page, the highest rank first; those of one rank by ascending id. */
  readonly edges: ReadonlyArray<SearchEdge>;
  /** How fresh the page is. */
  readonly freshness: ReadFreshness;
  /** Position of the page in the list. */
  readonly pageInfo: PageInfo;
};

/** An entity that was found. */
export type SearchEdge = {
  readonly __typename?: 'SearchEdge';
  /** Position of the entity. Pass it as `after` to read the entities that follow it. */
  readonly cursor: Scalars['String']['output'];
  /** The entity. */
  readonly node: Entity;
  /**
   * How much of the entity's texts the words make up: of each attribute, the characters of the words found in it, each word counted once, as a share of all its
   * characters, rounded down to a millionth; added up over the attributes.
   */
  readonly rank: Scalars['Float']['output'];
};

/** State of replication from one shard's primary. */
export type ShardReplication = {
  readonly __typename?: 'ShardReplication';
  /** Change capture from the shard into ClickHouse. */
  readonly changeStream: ChangeStreamStatus;
  /** Id of the shard. */
  readonly shard: Scalars['String']['output'];
  /** The stores that hold the shard's data: its primary, each replica, and ClickHouse if there is one. */
  readonly sources: ReadonlyArray<SourceStatus>;
};

/** Replication lag of one store behind the shard's primary. */
export type SourceStatus = {
  readonly __typename?: 'SourceStatus';
  /** Health of the store. */
  readonly health: ReplicationHealth;
  /** Upper bound of its lag in milliseconds. Null if the lag is unknown. */
  readonly lagMs?: Maybe<Scalars['Int']['output']>;
  /** Kind of store. */
  readonly source: DataSource;
};

/** The statistics of one group. Without any number, `count` is 0 and everything else null. */
export type StatisticsGroup = {
  readonly __typename?: 'StatisticsGroup';
  /** Number of entities. */
  readonly count: Scalars['BigInt']['output'];
  /** The greatest value. */
  readonly max?: Maybe<Scalars['Float']['output']>;
  /** The mean: the exact one, rounded to the nearest number. */
  readonly mean?: Maybe<Scalars['Float']['output']>;
  /** The least value. */
  readonly min?: Maybe<Scalars['Float']['output']>;
  /**
   * Quantiles: for each level the value at that part of the ascending order, as SQL's `percentile_disc`. They are at most 0.4 % off, whatever
   * the source and the number of shards (within 2.2e-308 of 0, at most that much), and computed only if they are selected.
   */
  readonly quantiles: ReadonlyArray<Quantile>;
  /** The standard deviation of the values as a whole population (the divisor is the count). */
  readonly stddev?: Maybe<Scalars['Float']['output']>;
  /** The standard deviation of the population that the values are a sample of (the divisor is the count less 1). Null for a single value. */
  readonly stddevSample?: Maybe<Scalars['Float']['output']>;
  /** The sum: the exact one, rounded to the nearest number. Null if it is beyond the largest. */
  readonly sum?: Maybe<Scalars['Float']['output']>;
  /** Value of the first `groupBy` attribute, whole, as text. Null if `groupBy` was not given. */
  readonly value?: Maybe<Scalars['String']['output']>;
  /** Values of all `groupBy` attributes, in their order. */
  readonly values: ReadonlyArray<Maybe<Scalars['String']['output']>>;
};


/** The statistics of one group. Without any number, `count` is 0 and everything else null. */
export type StatisticsGroupQuantilesArgs = {
  levels?: InputMaybe<ReadonlyArray<Scalars['Float']['input']>>;
};

/** The result of `statistics`. */
export type StatisticsResult = {
  readonly __typename?: 'StatisticsResult';
  /** How fresh the result is. */
  readonly freshness: ReadFreshness;
  /**
   * One group per combination of values of the `groupBy` attributes, in the order of the values: numbers by their value, everything else by its
   * text. Without `groupBy`, a single group whose value is null.
   */
  readonly groups: ReadonlyArray<StatisticsGroup>;
};

/** Events, over WebSocket (subprotocol `graphql-transport-ws`) or as server-sent events (`accept: text/event-stream`). */
export type Subscription = {
  readonly __typename?: 'Subscription';
  /**
   * Every change of the selected entities, as soon as ClickHouse has it, in the order of `changes`. With `after`, nothing is missing between what was read before and the
   * first event; without it, the events begin with what is written once the subscription is open. It ends with an error that has the `cursor` to continue from
   * (`extensions.cursor`) if the subscriber is too slow, its token expires, or the server stops.
   */
  readonly entityChanged: EntityChangedEvent;
};


/** Events, over WebSocket (subprotocol `graphql-transport-ws`) or as server-sent events (`accept: text/event-stream`). */
export type SubscriptionEntityChangedArgs = {
  after?: InputMaybe<Scalars['ConsistencyToken']['input']>;
  filter?: InputMaybe<EntityFilter>;
  ids?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  type?: InputMaybe<Scalars['String']['input']>;
};

/** Value of a `TEXT` attribute. */
export type TextAttribute = Attribute & {
  readonly __typename?: 'TextAttribute';
  /** Key of the attribute, for example `last_seen`. */
  readonly key: Scalars['String']['output'];
  /** The value. */
  readonly text: Scalars['String']['output'];
  /** Always `TEXT`. */
  readonly type: AttributeType;
  /** When this value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** Value of a `TEXT_LIST` attribute. */
export type TextListAttribute = Attribute & {
  readonly __typename?: 'TextListAttribute';
  /** Key of the attribute, for example `tags`. */
  readonly key: Scalars['String']['output'];
  /** The elements, in their order. */
  readonly textList: ReadonlyArray<Scalars['String']['output']>;
  /** Always `TEXT_LIST`. */
  readonly type: AttributeType;
  /** When this value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** Conditions on a list of texts. All conditions that are set must hold. Elements are compared by their UTF-8 bytes. */
export type TextListPredicate = {
  /** This is an element. */
  readonly contains?: InputMaybe<Scalars['String']['input']>;
  /** All of these are elements, in any order. Each counts as a predicate of the filter. An empty list matches every list. */
  readonly containsAll?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** At least one of these is an element: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). An empty list matches nothing. */
  readonly containsAny?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Condition on the number of elements. That of an empty list is 0. */
  readonly size?: InputMaybe<NumberPredicate>;
};

/**
 * Conditions on text, compared by its UTF-8 bytes. All conditions that are set must hold. Where case is ignored, texts are equal if they differ
 * in the case of letters only, by Unicode's simple case folding, which is the same for all languages and maps one character to one: `ß`
 * equals `ẞ`, but not `ss`; `Σ` equals `σ` and `ς`; `İ` equals only itself.
 */
export type TextPredicate = {
  /** Contains this. Case-sensitive. */
  readonly contains?: InputMaybe<Scalars['String']['input']>;
  /** Contains this, if case is ignored: at most 256 characters (`LIMIT_EXCEEDED`). */
  readonly containsIgnoreCase?: InputMaybe<Scalars['String']['input']>;
  /** Equal to this. */
  readonly eq?: InputMaybe<Scalars['String']['input']>;
  /** Equal to this, if case is ignored: at most 256 characters (`LIMIT_EXCEEDED`). */
  readonly eqIgnoreCase?: InputMaybe<Scalars['String']['input']>;
  /** Greater than this. */
  readonly gt?: InputMaybe<Scalars['String']['input']>;
  /** Greater than or equal to this. */
  readonly gte?: InputMaybe<Scalars['String']['input']>;
  /** Equal to one of these: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Less than this. */
  readonly lt?: InputMaybe<Scalars['String']['input']>;
  /** Less than or equal to this. */
  readonly lte?: InputMaybe<Scalars['String']['input']>;
  /** Not equal to this. The value must be present. */
  readonly ne?: InputMaybe<Scalars['String']['input']>;
  /** Starts with this. Case-sensitive. */
  readonly startsWith?: InputMaybe<Scalars['String']['input']>;
  /** Starts with this, if case is ignored: at most 256 characters (`LIMIT_EXCEEDED`). */
  readonly startsWithIgnoreCase?: InputMaybe<Scalars['String']['input']>;
};

/** What places entities in time. Set exactly one member. */
export type TimeAxis = {
  /** Key of a filterable `TIMESTAMP` attribute. Entities that lack it are left out. */
  readonly attribute?: InputMaybe<Scalars['String']['input']>;
  /** A moment of the entity itself. */
  readonly field?: InputMaybe<EntityTimeField>;
};

/** The unit of a time series. Days and longer ones begin at midnight in the time zone. */
export type TimeInterval =
  /** A day; of 23 or 25 hours where clocks change. */
  | 'DAY'
  /** An hour. One that clocks show twice, because they are set back, is two. */
  | 'HOUR'
  /** A minute. */
  | 'MINUTE'
  /** A month. */
  | 'MONTH'
  /** A quarter, from January, April, July or October on. */
  | 'QUARTER'
  /** A week, from Monday on. */
  | 'WEEK'
  /** A year. */
  | 'YEAR';

/** What stands for a period without entities. */
export type TimeSeriesGaps =
  /** A point whose value is null. */
  | 'NULL'
  /** No point. */
  | 'OMIT'
  /** A point whose value is 0. */
  | 'ZERO';

/** The time series of one group. */
export type TimeSeriesGroup = {
  readonly __typename?: 'TimeSeriesGroup';
  /** In the order of time. */
  readonly points: ReadonlyArray<TimeSeriesPoint>;
  /** Value of the first `groupBy` attribute, whole, as text. Null if `groupBy` was not given. */
  readonly value?: Maybe<Scalars['String']['output']>;
  /** Values of all `groupBy` attributes, in their order. */
  readonly values: ReadonlyArray<Maybe<Scalars['String']['output']>>;
};

/** The entities of one period. */
export type TimeSeriesPoint = {
  readonly __typename?: 'TimeSeriesPoint';
  /** When the period begins. It ends when the next one begins. */
  readonly start: Scalars['DateTime']['output'];
  /** The aggregate of its entities. Null in a gap shown as null, and for a sum beyond the largest number. */
  readonly value?: Maybe<Scalars['Float']['output']>;
};

/** The result of `timeSeries`. */
export type TimeSeriesResult = {
  readonly __typename?: 'TimeSeriesResult';
  /** How fresh the result is. */
  readonly freshness: ReadFreshness;
  /**
   * One group per combination of values of the `groupBy` attributes, in the order of the values: numbers by their value, everything else by its
   * text. Without `groupBy`, a single group whose value is null.
   */
  readonly groups: ReadonlyArray<TimeSeriesGroup>;
};

/** Value of a `TIMESTAMP` attribute. */
export type TimestampAttribute = Attribute & {
  readonly __typename?: 'TimestampAttribute';
  /** Key of the attribute, for example `last_seen`. */
  readonly key: Scalars['String']['output'];
  /** The value. */
  readonly timestamp: Scalars['DateTime']['output'];
  /** Always `TIMESTAMP`. */
  readonly type: AttributeType;
  /** When this value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** Conditions on a point in time. All conditions that are set must hold. */
export type TimestampPredicate = {
  /** Equal to this. */
  readonly eq?: InputMaybe<Scalars['DateTime']['input']>;
  /** Greater than this. */
  readonly gt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Greater than or equal to this. */
  readonly gte?: InputMaybe<Scalars['DateTime']['input']>;
  /** Equal to one of these: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['DateTime']['input']>>;
  /** Less than this. */
  readonly lt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Less than or equal to this. */
  readonly lte?: InputMaybe<Scalars['DateTime']['input']>;
  /** Not equal to this. The value must be present. */
  readonly ne?: InputMaybe<Scalars['DateTime']['input']>;
};

/** The result of `topValues`. */
export type TopValuesResult = {
  readonly __typename?: 'TopValuesResult';
  /** How fresh the result is. */
  readonly freshness: ReadFreshness;
  /** The values with most entities, first; those with equally many in their own order: numbers by their value, everything else by its text. */
  readonly values: ReadonlyArray<ValueCount>;
};

/**
 * What to change of an attribute. A member that is absent changes nothing. Null sets what `defineAttribute` sets by default: no description, all
 * entity types, not exposed, filterable, not hot, no rules, no access rules.
 */
export type UpdateAttributeInput = {
  /** Which roles may read and write the attribute's values. They replace those before. */
  readonly access?: InputMaybe<AttributeAccessInput>;
  /** What the attribute means, in at most 2,000 characters. */
  readonly description?: InputMaybe<Scalars['String']['input']>;
  /** Entity types the attribute is intended for, at most 100. They replace those before. Those of a unique attribute cannot be changed. */
  readonly entityTypes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Fails with `VERSION_CONFLICT` unless the definition has this version. */
  readonly expectedVersion?: InputMaybe<Scalars['BigInt']['input']>;
  /** Whether `Entity` has a typed field for the attribute. */
  readonly exposed?: InputMaybe<Scalars['Boolean']['input']>;
  /**
   * Whether filters, orders and analytics can use the attribute. Values that are stored are indexed first, while the system runs; until that is complete, the definition
   * has the old value, and `isBeingMoved`.
   */
  readonly filterable?: InputMaybe<Scalars['Boolean']['input']>;
  /** Whether to store the attribute in its own column, as for `defineAttribute`. Values that are stored are moved first, as for `filterable`. */
  readonly hot?: InputMaybe<Scalars['Boolean']['input']>;
  /** Key of the attribute. Neither it nor the type can be changed. */
  readonly key: Scalars['String']['input'];
  /** All rules that hold from now on. They replace those before; stored values stay as they are. */
  readonly rules?: InputMaybe<AttributeRulesInput>;
};

/** The result of `updateAttribute`. */
export type UpdateAttributePayload = {
  readonly __typename?: 'UpdateAttributePayload';
  /** Pass it as `after` so that later reads include this write. */
  readonly consistencyToken: Scalars['ConsistencyToken']['output'];
  /** The definition after the change. */
  readonly definition: AttributeDefinition;
};

/** The result of `upsertEntities`. */
export type UpsertEntitiesPayload = {
  readonly __typename?: 'UpsertEntitiesPayload';
  /** Pass it as `after` so that later reads include this write. */
  readonly consistencyToken: Scalars['ConsistencyToken']['output'];
  /** One result per row, in the order of the input. */
  readonly results: ReadonlyArray<UpsertEntityResult>;
};

/** An entity to create or update. */
export type UpsertEntityInput = {
  /** The attributes to set: at most 2,000 together with `removeAttributes`, unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  readonly attributes: ReadonlyArray<AttributeInput>;
  /** Writes only if this is the stored version; 0 means the entity must not exist. Otherwise the row fails with `VERSION_CONFLICT`. Default: last write wins. */
  readonly expectedVersion?: InputMaybe<Scalars['BigInt']['input']>;
  /**
   * The entity's id. Default: if the type has a unique attribute, the entity with the value that `attributes` gives it, which is created if there is none; otherwise a new
   * entity with a generated id.
   */
  readonly id?: InputMaybe<Scalars['ID']['input']>;
  /** Keys of the attributes to remove. */
  readonly removeAttributes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Type of the entity, for example `user`. The type of an existing entity cannot be changed. */
  readonly type: Scalars['String']['input'];
};

/** The result of `upsertEntity`. */
export type UpsertEntityPayload = {
  readonly __typename?: 'UpsertEntityPayload';
  /** Pass it as `after` so that later reads include this write. */
  readonly consistencyToken: Scalars['ConsistencyToken']['output'];
  /** The entity after the write. */
  readonly entity: Entity;
  /** Outcome of the write. */
  readonly status: WriteStatus;
};

/** The result of one row of `upsertEntities`. */
export type UpsertEntityResult = {
  readonly __typename?: 'UpsertEntityResult';
  /** The entity after the write. Null if the row was not written. */
  readonly entity?: Maybe<Entity>;
  /** Why the row was not written, or why the consistency token does not cover it. Null otherwise, and if `status` is `NOT_WRITTEN`. */
  readonly error?: Maybe<WriteError>;
  /** Outcome of the write. */
  readonly status: WriteStatus;
};

/** A value of an attribute and how many entities have it. */
export type ValueCount = {
  readonly __typename?: 'ValueCount';
  /** Number of entities that have it. */
  readonly count: Scalars['BigInt']['output'];
  /** The value, whole, as text. `JSON` has its keys in order and no white space. */
  readonly value: Scalars['String']['output'];
};

/** Why a row was not written, or why the consistency token does not cover it. */
export type WriteError = {
  readonly __typename?: 'WriteError';
  /** Error code of the API, for example `ATTRIBUTE_UNKNOWN`. */
  readonly code: Scalars['String']['output'];
  /** What to do about it. Null if `message` says all there is to say. */
  readonly hint?: Maybe<Scalars['String']['output']>;
  /** What was wrong and what was expected. */
  readonly message: Scalars['String']['output'];
};

/** Outcome of a write to one entity. */
export type WriteStatus =
  /** The entity was created. */
  | 'CREATED'
  /** The row was not valid or could not be written. See `error`. */
  | 'FAILED'
  /** The row was valid but not written, because another row was not (`REJECT_ALL`). */
  | 'NOT_WRITTEN'
  /** The entity already had these values. Nothing was stored and the version did not change. */
  | 'UNCHANGED'
  /** The entity was updated. */
  | 'UPDATED';



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  Entity: Entity;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Entity:
    ( { __typename: 'Entity' }
    & GraphQLRecursivePick<FederationTypes['Entity'], {"id":true}> );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Aggregate: Aggregate;
  Analytics: ResolverTypeWrapper<AnalyticsNode>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  Attribute: ResolverTypeWrapper<AttributeNode>;
  AttributeAccess: ResolverTypeWrapper<AttributeAccess>;
  AttributeAccessInput: AttributeAccessInput;
  AttributeChange: ResolverTypeWrapper<AttributeChange>;
  AttributeDefinition: ResolverTypeWrapper<AttributeDefinitionNode>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  AttributeDefinitionConnection: ResolverTypeWrapper<Omit<AttributeDefinitionConnection, 'edges' | 'pageInfo'> & { edges: ReadonlyArray<ResolversTypes['AttributeDefinitionEdge']>, pageInfo: ResolversTypes['PageInfo'] }>;
  AttributeDefinitionEdge: ResolverTypeWrapper<Omit<AttributeDefinitionEdge, 'node'> & { node: ResolversTypes['AttributeDefinition'] }>;
  AttributeDefinitionFilter: AttributeDefinitionFilter;
  AttributeDifference: ResolverTypeWrapper<AttributeDifference>;
  AttributeFilter: AttributeFilter;
  AttributeInput: AttributeInput;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  AttributeProperty: AttributeProperty;
  AttributeRules: ResolverTypeWrapper<AttributeRulesNode>;
  AttributeRulesInput: AttributeRulesInput;
  AttributeType: AttributeType;
  AuditConnection: ResolverTypeWrapper<Omit<AuditConnection, 'freshness' | 'pageInfo'> & { freshness: ResolversTypes['ReadFreshness'], pageInfo: ResolversTypes['PageInfo'] }>;
  AuditEdge: ResolverTypeWrapper<AuditEdge>;
  AuditEntry: ResolverTypeWrapper<AuditEntry>;
  AuditOperation: AuditOperation;
  BigInt: ResolverTypeWrapper<Scalars['BigInt']['output']>;
  BooleanAttribute: ResolverTypeWrapper<AttributeNode>;
  BooleanPredicate: BooleanPredicate;
  CatalogLimit: ResolverTypeWrapper<CatalogLimit>;
  CatalogUsage: ResolverTypeWrapper<CatalogUsage>;
  ChangeConnection: ResolverTypeWrapper<Omit<ChangeConnection, 'edges' | 'freshness' | 'pageInfo'> & { edges: ReadonlyArray<ResolversTypes['ChangeEdge']>, freshness: ResolversTypes['ReadFreshness'], pageInfo: ResolversTypes['PageInfo'] }>;
  ChangeEdge: ResolverTypeWrapper<Omit<ChangeEdge, 'node'> & { node: ResolversTypes['EntityChange'] }>;
  ChangeOperation: ChangeOperation;
  ChangeStreamStatus: ResolverTypeWrapper<ChangeStreamStatus>;
  ConsistencyToken: ResolverTypeWrapper<Scalars['ConsistencyToken']['output']>;
  CountGroup: ResolverTypeWrapper<CountGroup>;
  CountResult: ResolverTypeWrapper<Omit<CountResult, 'freshness'> & { freshness: ResolversTypes['ReadFreshness'] }>;
  DataSource: DataSource;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  DefineAttributeInput: DefineAttributeInput;
  DefineAttributePayload: ResolverTypeWrapper<Omit<DefineAttributePayload, 'definition'> & { definition: ResolversTypes['AttributeDefinition'] }>;
  DeleteAttributePayload: ResolverTypeWrapper<Omit<DeleteAttributePayload, 'definition'> & { definition: ResolversTypes['AttributeDefinition'] }>;
  DeleteEntityPayload: ResolverTypeWrapper<DeleteEntityPayload>;
  DescribeEntityTypePayload: ResolverTypeWrapper<DescribeEntityTypePayload>;
  Distribution: ResolverTypeWrapper<Omit<Distribution, 'freshness'> & { freshness: ResolversTypes['ReadFreshness'] }>;
  DistributionBucket: ResolverTypeWrapper<DistributionBucket>;
  DistributionGroup: ResolverTypeWrapper<DistributionGroup>;
  Entity: ResolverTypeWrapper<EntityNode>;
  EntityChange: ResolverTypeWrapper<EntityChangeNode>;
  EntityChangeConnection: ResolverTypeWrapper<Omit<EntityChangeConnection, 'edges' | 'freshness' | 'pageInfo'> & { edges: ReadonlyArray<ResolversTypes['EntityChangeEdge']>, freshness: ResolversTypes['ReadFreshness'], pageInfo: ResolversTypes['PageInfo'] }>;
  EntityChangeEdge: ResolverTypeWrapper<Omit<EntityChangeEdge, 'node'> & { node: ResolversTypes['EntityChange'] }>;
  EntityChangedEvent: ResolverTypeWrapper<ChangeEvent>;
  EntityConnection: ResolverTypeWrapper<EntityPage>;
  EntityEdge: ResolverTypeWrapper<Omit<EntityEdge, 'node'> & { node: ResolversTypes['Entity'] }>;
  EntityFilter: EntityFilter;
  EntityOrder: EntityOrder;
  EntityOrderField: EntityOrderField;
  EntityTimeField: EntityTimeField;
  EntityType: ResolverTypeWrapper<Omit<EntityType, 'attributes'> & { attributes: ReadonlyArray<ResolversTypes['EntityTypeAttribute']> }>;
  EntityTypeAttribute: ResolverTypeWrapper<Omit<EntityTypeAttribute, 'definition'> & { definition: ResolversTypes['AttributeDefinition'] }>;
  EntityTypeConnection: ResolverTypeWrapper<Omit<EntityTypeConnection, 'edges' | 'freshness' | 'pageInfo'> & { edges: ReadonlyArray<ResolversTypes['EntityTypeEdge']>, freshness: ResolversTypes['ReadFreshness'], pageInfo: ResolversTypes['PageInfo'] }>;
  EntityTypeEdge: ResolverTypeWrapper<Omit<EntityTypeEdge, 'node'> & { node: ResolversTypes['EntityType'] }>;
  EntityWhere: EntityWhere;
  EraseEntityPayload: ResolverTypeWrapper<Omit<EraseEntityPayload, 'erasure'> & { erasure: ResolversTypes['Erasure'] }>;
  Erasure: ResolverTypeWrapper<ErasureNode>;
  ErrorPolicy: ErrorPolicy;
  Facet: ResolverTypeWrapper<Facet>;
  FacetsResult: ResolverTypeWrapper<Omit<FacetsResult, 'freshness'> & { freshness: ResolversTypes['ReadFreshness'] }>;
  FallbackStrategy: FallbackStrategy;
  FreshnessClass: FreshnessClass;
  FreshnessInput: FreshnessInput;
  HotColumnUsage: ResolverTypeWrapper<HotColumnUsage>;
  IdPredicate: IdPredicate;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  JsonAttribute: ResolverTypeWrapper<AttributeNode>;
  JsonPredicate: JsonPredicate;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  NumberAttribute: ResolverTypeWrapper<AttributeNode>;
  NumberListAttribute: ResolverTypeWrapper<AttributeNode>;
  NumberListPredicate: NumberListPredicate;
  NumberPredicate: NumberPredicate;
  OrderDirection: OrderDirection;
  PageInfo: ResolverTypeWrapper<PageInfoNode>;
  Quantile: ResolverTypeWrapper<Quantile>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  ReadFreshness: ResolverTypeWrapper<ReadFreshnessNode>;
  ReferenceAttribute: ResolverTypeWrapper<AttributeNode>;
  ReferencePredicate: ReferencePredicate;
  ReplicationHealth: ReplicationHealth;
  ReplicationStatus: ResolverTypeWrapper<ReplicationStatus>;
  RestoreAttributePayload: ResolverTypeWrapper<Omit<RestoreAttributePayload, 'definition'> & { definition: ResolversTypes['AttributeDefinition'] }>;
  RetireAttributePayload: ResolverTypeWrapper<Omit<RetireAttributePayload, 'definition'> & { definition: ResolversTypes['AttributeDefinition'] }>;
  RouteReason: RouteReason;
  SearchConnection: ResolverTypeWrapper<SearchPage>;
  SearchEdge: ResolverTypeWrapper<Omit<SearchEdge, 'node'> & { node: ResolversTypes['Entity'] }>;
  ShardReplication: ResolverTypeWrapper<ShardReplication>;
  SourceStatus: ResolverTypeWrapper<SourceStatus>;
  StatisticsGroup: ResolverTypeWrapper<StatisticsGroupNode>;
  StatisticsResult: ResolverTypeWrapper<Omit<StatisticsResult, 'freshness' | 'groups'> & { freshness: ResolversTypes['ReadFreshness'], groups: ReadonlyArray<ResolversTypes['StatisticsGroup']> }>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  TextAttribute: ResolverTypeWrapper<AttributeNode>;
  TextListAttribute: ResolverTypeWrapper<AttributeNode>;
  TextListPredicate: TextListPredicate;
  TextPredicate: TextPredicate;
  TimeAxis: TimeAxis;
  TimeInterval: TimeInterval;
  TimeSeriesGaps: TimeSeriesGaps;
  TimeSeriesGroup: ResolverTypeWrapper<TimeSeriesGroup>;
  TimeSeriesPoint: ResolverTypeWrapper<TimeSeriesPoint>;
  TimeSeriesResult: ResolverTypeWrapper<Omit<TimeSeriesResult, 'freshness'> & { freshness: ResolversTypes['ReadFreshness'] }>;
  TimestampAttribute: ResolverTypeWrapper<AttributeNode>;
  TimestampPredicate: TimestampPredicate;
  TopValuesResult: ResolverTypeWrapper<Omit<TopValuesResult, 'freshness'> & { freshness: ResolversTypes['ReadFreshness'] }>;
  UpdateAttributeInput: UpdateAttributeInput;
  UpdateAttributePayload: ResolverTypeWrapper<Omit<UpdateAttributePayload, 'definition'> & { definition: ResolversTypes['AttributeDefinition'] }>;
  UpsertEntitiesPayload: ResolverTypeWrapper<Omit<UpsertEntitiesPayload, 'results'> & { results: ReadonlyArray<ResolversTypes['UpsertEntityResult']> }>;
  UpsertEntityInput: UpsertEntityInput;
  UpsertEntityPayload: ResolverTypeWrapper<Omit<UpsertEntityPayload, 'entity'> & { entity: ResolversTypes['Entity'] }>;
  UpsertEntityResult: ResolverTypeWrapper<UpsertEntityResultNode>;
  ValueCount: ResolverTypeWrapper<ValueCount>;
  WriteError: ResolverTypeWrapper<WriteError>;
  WriteStatus: WriteStatus;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Analytics: AnalyticsNode;
  String: Scalars['String']['output'];
  Float: Scalars['Float']['output'];
  Attribute: AttributeNode;
  AttributeAccess: AttributeAccess;
  AttributeAccessInput: AttributeAccessInput;
  AttributeChange: AttributeChange;
  AttributeDefinition: AttributeDefinitionNode;
  Boolean: Scalars['Boolean']['output'];
  AttributeDefinitionConnection: Omit<AttributeDefinitionConnection, 'edges' | 'pageInfo'> & { edges: ReadonlyArray<ResolversParentTypes['AttributeDefinitionEdge']>, pageInfo: ResolversParentTypes['PageInfo'] };
  AttributeDefinitionEdge: Omit<AttributeDefinitionEdge, 'node'> & { node: ResolversParentTypes['AttributeDefinition'] };
  AttributeDefinitionFilter: AttributeDefinitionFilter;
  AttributeDifference: AttributeDifference;
  AttributeFilter: AttributeFilter;
  AttributeInput: AttributeInput;
  ID: Scalars['ID']['output'];
  AttributeRules: AttributeRulesNode;
  AttributeRulesInput: AttributeRulesInput;
  AuditConnection: Omit<AuditConnection, 'freshness' | 'pageInfo'> & { freshness: ResolversParentTypes['ReadFreshness'], pageInfo: ResolversParentTypes['PageInfo'] };
  AuditEdge: AuditEdge;
  AuditEntry: AuditEntry;
  BigInt: Scalars['BigInt']['output'];
  BooleanAttribute: AttributeNode;
  BooleanPredicate: BooleanPredicate;
  CatalogLimit: CatalogLimit;
  CatalogUsage: CatalogUsage;
  ChangeConnection: Omit<ChangeConnection, 'edges' | 'freshness' | 'pageInfo'> & { edges: ReadonlyArray<ResolversParentTypes['ChangeEdge']>, freshness: ResolversParentTypes['ReadFreshness'], pageInfo: ResolversParentTypes['PageInfo'] };
  ChangeEdge: Omit<ChangeEdge, 'node'> & { node: ResolversParentTypes['EntityChange'] };
  ChangeStreamStatus: ChangeStreamStatus;
  ConsistencyToken: Scalars['ConsistencyToken']['output'];
  CountGroup: CountGroup;
  CountResult: Omit<CountResult, 'freshness'> & { freshness: ResolversParentTypes['ReadFreshness'] };
  DateTime: Scalars['DateTime']['output'];
  DefineAttributeInput: DefineAttributeInput;
  DefineAttributePayload: Omit<DefineAttributePayload, 'definition'> & { definition: ResolversParentTypes['AttributeDefinition'] };
  DeleteAttributePayload: Omit<DeleteAttributePayload, 'definition'> & { definition: ResolversParentTypes['AttributeDefinition'] };
  DeleteEntityPayload: DeleteEntityPayload;
  DescribeEntityTypePayload: DescribeEntityTypePayload;
  Distribution: Omit<Distribution, 'freshness'> & { freshness: ResolversParentTypes['ReadFreshness'] };
  DistributionBucket: DistributionBucket;
  DistributionGroup: DistributionGroup;
  Entity: EntityNode;
  EntityChange: EntityChangeNode;
  EntityChangeConnection: Omit<EntityChangeConnection, 'edges' | 'freshness' | 'pageInfo'> & { edges: ReadonlyArray<ResolversParentTypes['EntityChangeEdge']>, freshness: ResolversParentTypes['ReadFreshness'], pageInfo: ResolversParentTypes['PageInfo'] };
  EntityChangeEdge: Omit<EntityChangeEdge, 'node'> & { node: ResolversParentTypes['EntityChange'] };
  EntityChangedEvent: ChangeEvent;
  EntityConnection: EntityPage;
  EntityEdge: Omit<EntityEdge, 'node'> & { node: ResolversParentTypes['Entity'] };
  EntityFilter: EntityFilter;
  EntityOrder: EntityOrder;
  EntityType: Omit<EntityType, 'attributes'> & { attributes: ReadonlyArray<ResolversParentTypes['EntityTypeAttribute']> };
  EntityTypeAttribute: Omit<EntityTypeAttribute, 'definition'> & { definition: ResolversParentTypes['AttributeDefinition'] };
  EntityTypeConnection: Omit<EntityTypeConnection, 'edges' | 'freshness' | 'pageInfo'> & { edges: ReadonlyArray<ResolversParentTypes['EntityTypeEdge']>, freshness: ResolversParentTypes['ReadFreshness'], pageInfo: ResolversParentTypes['PageInfo'] };
  EntityTypeEdge: Omit<EntityTypeEdge, 'node'> & { node: ResolversParentTypes['EntityType'] };
  EntityWhere: EntityWhere;
  EraseEntityPayload: Omit<EraseEntityPayload, 'erasure'> & { erasure: ResolversParentTypes['Erasure'] };
  Erasure: ErasureNode;
  Facet: Facet;
  FacetsResult: Omit<FacetsResult, 'freshness'> & { freshness: ResolversParentTypes['ReadFreshness'] };
  FreshnessInput: FreshnessInput;
  HotColumnUsage: HotColumnUsage;
  IdPredicate: IdPredicate;
  JSON: Scalars['JSON']['output'];
  JsonAttribute: AttributeNode;
  JsonPredicate: JsonPredicate;
  Mutation: Record<PropertyKey, never>;
  NumberAttribute: AttributeNode;
  NumberListAttribute: AttributeNode;
  NumberListPredicate: NumberListPredicate;
  NumberPredicate: NumberPredicate;
  PageInfo: PageInfoNode;
  Quantile: Quantile;
  Query: Record<PropertyKey, never>;
  ReadFreshness: ReadFreshnessNode;
  ReferenceAttribute: AttributeNode;
  ReferencePredicate: ReferencePredicate;
  ReplicationStatus: ReplicationStatus;
  RestoreAttributePayload: Omit<RestoreAttributePayload, 'definition'> & { definition: ResolversParentTypes['AttributeDefinition'] };
  RetireAttributePayload: Omit<RetireAttributePayload, 'definition'> & { definition: ResolversParentTypes['AttributeDefinition'] };
  SearchConnection: SearchPage;
  SearchEdge: Omit<SearchEdge, 'node'> & { node: ResolversParentTypes['Entity'] };
  ShardReplication: ShardReplication;
  SourceStatus: SourceStatus;
  StatisticsGroup: StatisticsGroupNode;
  StatisticsResult: Omit<StatisticsResult, 'freshness' | 'groups'> & { freshness: ResolversParentTypes['ReadFreshness'], groups: ReadonlyArray<ResolversParentTypes['StatisticsGroup']> };
  Subscription: Record<PropertyKey, never>;
  TextAttribute: AttributeNode;
  TextListAttribute: AttributeNode;
  TextListPredicate: TextListPredicate;
  TextPredicate: TextPredicate;
  TimeAxis: TimeAxis;
  TimeSeriesGroup: TimeSeriesGroup;
  TimeSeriesPoint: TimeSeriesPoint;
  TimeSeriesResult: Omit<TimeSeriesResult, 'freshness'> & { freshness: ResolversParentTypes['ReadFreshness'] };
  TimestampAttribute: AttributeNode;
  TimestampPredicate: TimestampPredicate;
  TopValuesResult: Omit<TopValuesResult, 'freshness'> & { freshness: ResolversParentTypes['ReadFreshness'] };
  UpdateAttributeInput: UpdateAttributeInput;
  UpdateAttributePayload: Omit<UpdateAttributePayload, 'definition'> & { definition: ResolversParentTypes['AttributeDefinition'] };
  UpsertEntitiesPayload: Omit<UpsertEntitiesPayload, 'results'> & { results: ReadonlyArray<ResolversParentTypes['UpsertEntityResult']> };
  UpsertEntityInput: UpsertEntityInput;
  UpsertEntityPayload: Omit<UpsertEntityPayload, 'entity'> & { entity: ResolversParentTypes['Entity'] };
  UpsertEntityResult: UpsertEntityResultNode;
  ValueCount: ValueCount;
  WriteError: WriteError;
  Int: Scalars['Int']['output'];
};

export type FreshnessDirectiveArgs = {
  after?: Maybe<Scalars['ConsistencyToken']['input']>;
  class?: Maybe<FreshnessClass>;
  fallback?: Maybe<FallbackStrategy>;
  maxLagMs?: Maybe<Scalars['Int']['input']>;
  maxWaitMs?: Maybe<Scalars['Int']['input']>;
};

export type FreshnessDirectiveResolver<Result, Parent, ContextType = RequestContext, Args = FreshnessDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type AnalyticsResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Analytics'] = ResolversParentTypes['Analytics']> = {
  count?: Resolver<ResolversTypes['CountResult'], ParentType, ContextType, RequireFields<AnalyticsCountArgs, 'first'>>;
  distribution?: Resolver<ResolversTypes['Distribution'], ParentType, ContextType, RequireFields<AnalyticsDistributionArgs, 'attribute' | 'buckets'>>;
  facets?: Resolver<ResolversTypes['FacetsResult'], ParentType, ContextType, RequireFields<AnalyticsFacetsArgs, 'attributes' | 'first'>>;
  statistics?: Resolver<ResolversTypes['StatisticsResult'], ParentType, ContextType, RequireFields<AnalyticsStatisticsArgs, 'attribute'>>;
  timeSeries?: Resolver<ResolversTypes['TimeSeriesResult'], ParentType, ContextType, RequireFields<AnalyticsTimeSeriesArgs, 'aggregate' | 'interval' | 'timeZone'>>;
  topValues?: Resolver<ResolversTypes['TopValuesResult'], ParentType, ContextType, RequireFields<AnalyticsTopValuesArgs, 'attribute' | 'first'>>;
};

export type AttributeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Attribute'] = ResolversParentTypes['Attribute']> = {
  __resolveType: TypeResolveFn<'BooleanAttribute' | 'JsonAttribute' | 'NumberAttribute' | 'NumberListAttribute' | 'ReferenceAttribute' | 'TextAttribute' | 'TextListAttribute' | 'TimestampAttribute', ParentType, ContextType>;
};

export type AttributeAccessResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AttributeAccess'] = ResolversParentTypes['AttributeAccess']> = {
  read?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  write?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
};

export type AttributeChangeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AttributeChange'] = ResolversParentTypes['AttributeChange']> = {
  after?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  before?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['AttributeType'], ParentType, ContextType>;
};

export type AttributeDefinitionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AttributeDefinition'] = ResolversParentTypes['AttributeDefinition']> = {
  access?: Resolver<ResolversTypes['AttributeAccess'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  entityTypes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  exposed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  fieldName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  filterable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hot?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  isBeingDeleted?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  isBeingMoved?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  retiredAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  rules?: Resolver<ResolversTypes['AttributeRules'], ParentType, ContextType>;
  shared?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['AttributeType'], ParentType, ContextType>;
  unique?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type AttributeDefinitionConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AttributeDefinitionConnection'] = ResolversParentTypes['AttributeDefinitionConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AttributeDefinitionEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AttributeDefinitionEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AttributeDefinitionEdge'] = ResolversParentTypes['AttributeDefinitionEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['AttributeDefinition'], ParentType, ContextType>;
};

export type AttributeDifferenceResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AttributeDifference'] = ResolversParentTypes['AttributeDifference']> = {
  defined?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  property?: Resolver<ResolversTypes['AttributeProperty'], ParentType, ContextType>;
  requested?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
};

export type AttributeRulesResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AttributeRules'] = ResolversParentTypes['AttributeRules']> = {
  earliest?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  enum?: Resolver<Maybe<ReadonlyArray<ResolversTypes['JSON']>>, ParentType, ContextType>;
  latest?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  max?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  maxLength?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  min?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  pattern?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  schema?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  targetTypes?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
};

export type AuditConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AuditConnection'] = ResolversParentTypes['AuditConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AuditEdge']>, ParentType, ContextType>;
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type AuditEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AuditEdge'] = ResolversParentTypes['AuditEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['AuditEntry'], ParentType, ContextType>;
};

export type AuditEntryResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AuditEntry'] = ResolversParentTypes['AuditEntry']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  attribute?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  entityId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  newVersion?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  oldVersion?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  operation?: Resolver<ResolversTypes['AuditOperation'], ParentType, ContextType>;
  subject?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export interface BigIntScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['BigInt'], any> {
  name: 'BigInt';
}

export type BooleanAttributeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['BooleanAttribute'] = ResolversParentTypes['BooleanAttribute']> = {
  boolean?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['AttributeType'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CatalogLimitResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['CatalogLimit'] = ResolversParentTypes['CatalogLimit']> = {
  limit?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  used?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type CatalogUsageResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['CatalogUsage'] = ResolversParentTypes['CatalogUsage']> = {
  definitions?: Resolver<ResolversTypes['CatalogLimit'], ParentType, ContextType>;
  describedTypes?: Resolver<ResolversTypes['CatalogLimit'], ParentType, ContextType>;
  exposed?: Resolver<ResolversTypes['CatalogLimit'], ParentType, ContextType>;
  hotColumns?: Resolver<ReadonlyArray<ResolversTypes['HotColumnUsage']>, ParentType, ContextType>;
  ruleBytes?: Resolver<ResolversTypes['CatalogLimit'], ParentType, ContextType>;
};

export type ChangeConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ChangeConnection'] = ResolversParentTypes['ChangeConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ChangeEdge']>, ParentType, ContextType>;
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type ChangeEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ChangeEdge'] = ResolversParentTypes['ChangeEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['EntityChange'], ParentType, ContextType>;
};

export type ChangeStreamStatusResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ChangeStreamStatus'] = ResolversParentTypes['ChangeStreamStatus']> = {
  health?: Resolver<ResolversTypes['ReplicationHealth'], ParentType, ContextType>;
  lagBytes?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  lagMessages?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
};

export interface ConsistencyTokenScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['ConsistencyToken'], any> {
  name: 'ConsistencyToken';
}

export type CountGroupResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['CountGroup'] = ResolversParentTypes['CountGroup']> = {
  count?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  value?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  values?: Resolver<ReadonlyArray<Maybe<ResolversTypes['String']>>, ParentType, ContextType>;
};

export type CountResultResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['CountResult'] = ResolversParentTypes['CountResult']> = {
  count?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
  groups?: Resolver<ReadonlyArray<ResolversTypes['CountGroup']>, ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DefineAttributePayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DefineAttributePayload'] = ResolversParentTypes['DefineAttributePayload']> = {
  consistencyToken?: Resolver<ResolversTypes['ConsistencyToken'], ParentType, ContextType>;
  definition?: Resolver<ResolversTypes['AttributeDefinition'], ParentType, ContextType>;
  differences?: Resolver<ReadonlyArray<ResolversTypes['AttributeDifference']>, ParentType, ContextType>;
};

export type DeleteAttributePayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DeleteAttributePayload'] = ResolversParentTypes['DeleteAttributePayload']> = {
  consistencyToken?: Resolver<ResolversTypes['ConsistencyToken'], ParentType, ContextType>;
  definition?: Resolver<ResolversTypes['AttributeDefinition'], ParentType, ContextType>;
};

export type DeleteEntityPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DeleteEntityPayload'] = ResolversParentTypes['DeleteEntityPayload']> = {
  consistencyToken?: Resolver<ResolversTypes['ConsistencyToken'], ParentType, ContextType>;
  deleted?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type DescribeEntityTypePayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DescribeEntityTypePayload'] = ResolversParentTypes['DescribeEntityTypePayload']> = {
  consistencyToken?: Resolver<ResolversTypes['ConsistencyToken'], ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DistributionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Distribution'] = ResolversParentTypes['Distribution']> = {
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
  groups?: Resolver<ReadonlyArray<ResolversTypes['DistributionGroup']>, ParentType, ContextType>;
};

export type DistributionBucketResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DistributionBucket'] = ResolversParentTypes['DistributionBucket']> = {
  bucket?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  count?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  lower?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  upper?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type DistributionGroupResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DistributionGroup'] = ResolversParentTypes['DistributionGroup']> = {
  buckets?: Resolver<ReadonlyArray<ResolversTypes['DistributionBucket']>, ParentType, ContextType>;
  value?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  values?: Resolver<ReadonlyArray<Maybe<ResolversTypes['String']>>, ParentType, ContextType>;
};

export type EntityResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Entity'] = ResolversParentTypes['Entity'], FederationReferenceType extends FederationReferenceTypes['Entity'] = FederationReferenceTypes['Entity']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Entity']> | FederationReferenceType, FederationReferenceType, ContextType>;
  attribute?: Resolver<Maybe<ResolversTypes['Attribute']>, ParentType, ContextType, RequireFields<EntityAttributeArgs, 'key'>>;
  attributes?: Resolver<ReadonlyArray<ResolversTypes['Attribute']>, ParentType, ContextType, Partial<EntityAttributesArgs>>;
  boolean?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType, RequireFields<EntityBooleanArgs, 'key'>>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
  history?: Resolver<ResolversTypes['EntityChangeConnection'], ParentType, ContextType, RequireFields<EntityHistoryArgs, 'first'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  json?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType, RequireFields<EntityJsonArgs, 'key'>>;
  number?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType, RequireFields<EntityNumberArgs, 'key'>>;
  numberList?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Float']>>, ParentType, ContextType, RequireFields<EntityNumberListArgs, 'key'>>;
  reference?: Resolver<Maybe<ResolversTypes['Entity']>, ParentType, ContextType, RequireFields<EntityReferenceArgs, 'key'>>;
  referencedBy?: Resolver<ResolversTypes['EntityConnection'], ParentType, ContextType, RequireFields<EntityReferencedByArgs, 'first' | 'key'>>;
  text?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType, RequireFields<EntityTextArgs, 'key'>>;
  textList?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType, RequireFields<EntityTextListArgs, 'key'>>;
  timestamp?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType, RequireFields<EntityTimestampArgs, 'key'>>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type EntityChangeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EntityChange'] = ResolversParentTypes['EntityChange']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  attributes?: Resolver<ReadonlyArray<ResolversTypes['AttributeChange']>, ParentType, ContextType>;
  entityId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  entityType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  operation?: Resolver<ResolversTypes['ChangeOperation'], ParentType, ContextType>;
  subject?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  token?: Resolver<ResolversTypes['ConsistencyToken'], ParentType, ContextType>;
  version?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
};

export type EntityChangeConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EntityChangeConnection'] = ResolversParentTypes['EntityChangeConnection']> = {
  completeSince?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  edges?: Resolver<ReadonlyArray<ResolversTypes['EntityChangeEdge']>, ParentType, ContextType>;
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type EntityChangeEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EntityChangeEdge'] = ResolversParentTypes['EntityChangeEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['EntityChange'], ParentType, ContextType>;
};

export type EntityChangedEventResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EntityChangedEvent'] = ResolversParentTypes['EntityChangedEvent']> = {
  change?: Resolver<ResolversTypes['EntityChange'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
  matches?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type EntityConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EntityConnection'] = ResolversParentTypes['EntityConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['EntityEdge']>, ParentType, ContextType>;
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type EntityEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EntityEdge'] = ResolversParentTypes['EntityEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Entity'], ParentType, ContextType>;
};

export type EntityTypeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EntityType'] = ResolversParentTypes['EntityType']> = {
  attributes?: Resolver<ReadonlyArray<ResolversTypes['EntityTypeAttribute']>, ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  entityCount?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type EntityTypeAttributeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EntityTypeAttribute'] = ResolversParentTypes['EntityTypeAttribute']> = {
  definition?: Resolver<ResolversTypes['AttributeDefinition'], ParentType, ContextType>;
  entityCount?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
};

export type EntityTypeConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EntityTypeConnection'] = ResolversParentTypes['EntityTypeConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['EntityTypeEdge']>, ParentType, ContextType>;
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type EntityTypeEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EntityTypeEdge'] = ResolversParentTypes['EntityTypeEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['EntityType'], ParentType, ContextType>;
};

export type EraseEntityPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EraseEntityPayload'] = ResolversParentTypes['EraseEntityPayload']> = {
  consistencyToken?: Resolver<ResolversTypes['ConsistencyToken'], ParentType, ContextType>;
  erasure?: Resolver<ResolversTypes['Erasure'], ParentType, ContextType>;
};

export type ErasureResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Erasure'] = ResolversParentTypes['Erasure']> = {
  attributeRows?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  clickhouseRows?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  completedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  entities?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  entityId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  remains?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  removedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  requestedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  subject?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type FacetResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Facet'] = ResolversParentTypes['Facet']> = {
  attribute?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  distinct?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  missing?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  values?: Resolver<ReadonlyArray<ResolversTypes['ValueCount']>, ParentType, ContextType>;
};

export type FacetsResultResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['FacetsResult'] = ResolversParentTypes['FacetsResult']> = {
  facets?: Resolver<ReadonlyArray<ResolversTypes['Facet']>, ParentType, ContextType>;
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
};

export type HotColumnUsageResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['HotColumnUsage'] = ResolversParentTypes['HotColumnUsage']> = {
  limit?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['AttributeType'], ParentType, ContextType>;
  used?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON';
}

export type JsonAttributeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['JsonAttribute'] = ResolversParentTypes['JsonAttribute']> = {
  json?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['AttributeType'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type MutationResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  defineAttribute?: Resolver<ResolversTypes['DefineAttributePayload'], ParentType, ContextType, RequireFields<MutationDefineAttributeArgs, 'input'>>;
  deleteAttribute?: Resolver<ResolversTypes['DeleteAttributePayload'], ParentType, ContextType, RequireFields<MutationDeleteAttributeArgs, 'key'>>;
  deleteEntity?: Resolver<ResolversTypes['DeleteEntityPayload'], ParentType, ContextType, RequireFields<MutationDeleteEntityArgs, 'id'>>;
  describeEntityType?: Resolver<ResolversTypes['DescribeEntityTypePayload'], ParentType, ContextType, RequireFields<MutationDescribeEntityTypeArgs, 'type'>>;
  eraseEntity?: Resolver<ResolversTypes['EraseEntityPayload'], ParentType, ContextType, RequireFields<MutationEraseEntityArgs, 'id'>>;
  restoreAttribute?: Resolver<ResolversTypes['RestoreAttributePayload'], ParentType, ContextType, RequireFields<MutationRestoreAttributeArgs, 'key'>>;
  retireAttribute?: Resolver<ResolversTypes['RetireAttributePayload'], ParentType, ContextType, RequireFields<MutationRetireAttributeArgs, 'key'>>;
  updateAttribute?: Resolver<ResolversTypes['UpdateAttributePayload'], ParentType, ContextType, RequireFields<MutationUpdateAttributeArgs, 'input'>>;
  upsertEntities?: Resolver<ResolversTypes['UpsertEntitiesPayload'], ParentType, ContextType, RequireFields<MutationUpsertEntitiesArgs, 'errorPolicy' | 'input'>>;
  upsertEntity?: Resolver<ResolversTypes['UpsertEntityPayload'], ParentType, ContextType, RequireFields<MutationUpsertEntityArgs, 'input'>>;
};

export type NumberAttributeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['NumberAttribute'] = ResolversParentTypes['NumberAttribute']> = {
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  number?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['AttributeType'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type NumberListAttributeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['NumberListAttribute'] = ResolversParentTypes['NumberListAttribute']> = {
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  numberList?: Resolver<ReadonlyArray<ResolversTypes['Float']>, ParentType, ContextType>;
  type?: Resolver<ResolversTypes['AttributeType'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type QuantileResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Quantile'] = ResolversParentTypes['Quantile']> = {
  level?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  value?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  analytics?: Resolver<ResolversTypes['Analytics'], ParentType, ContextType>;
  attributeDefinition?: Resolver<Maybe<ResolversTypes['AttributeDefinition']>, ParentType, ContextType, RequireFields<QueryAttributeDefinitionArgs, 'key'>>;
  attributeDefinitions?: Resolver<ResolversTypes['AttributeDefinitionConnection'], ParentType, ContextType, RequireFields<QueryAttributeDefinitionsArgs, 'first'>>;
  auditLog?: Resolver<ResolversTypes['AuditConnection'], ParentType, ContextType, RequireFields<QueryAuditLogArgs, 'first'>>;
  catalogUsage?: Resolver<ResolversTypes['CatalogUsage'], ParentType, ContextType, Partial<QueryCatalogUsageArgs>>;
  changes?: Resolver<ResolversTypes['ChangeConnection'], ParentType, ContextType, RequireFields<QueryChangesArgs, 'first'>>;
  entities?: Resolver<ResolversTypes['EntityConnection'], ParentType, ContextType, RequireFields<QueryEntitiesArgs, 'first'>>;
  entitiesById?: Resolver<ReadonlyArray<Maybe<ResolversTypes['Entity']>>, ParentType, ContextType, RequireFields<QueryEntitiesByIdArgs, 'ids'>>;
  entity?: Resolver<Maybe<ResolversTypes['Entity']>, ParentType, ContextType, RequireFields<QueryEntityArgs, 'id'>>;
  entityByKey?: Resolver<Maybe<ResolversTypes['Entity']>, ParentType, ContextType, RequireFields<QueryEntityByKeyArgs, 'key' | 'type' | 'value'>>;
  entityHistory?: Resolver<ResolversTypes['EntityChangeConnection'], ParentType, ContextType, RequireFields<QueryEntityHistoryArgs, 'first' | 'id'>>;
  entityTypes?: Resolver<ResolversTypes['EntityTypeConnection'], ParentType, ContextType, RequireFields<QueryEntityTypesArgs, 'first'>>;
  erasures?: Resolver<ReadonlyArray<ResolversTypes['Erasure']>, ParentType, ContextType, RequireFields<QueryErasuresArgs, 'entityId' | 'first'>>;
  replication?: Resolver<ResolversTypes['ReplicationStatus'], ParentType, ContextType>;
  search?: Resolver<ResolversTypes['SearchConnection'], ParentType, ContextType, RequireFields<QuerySearchArgs, 'first' | 'text'>>;
};

export type ReadFreshnessResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ReadFreshness'] = ResolversParentTypes['ReadFreshness']> = {
  dataTimestamp?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  fellBack?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  health?: Resolver<ResolversTypes['ReplicationHealth'], ParentType, ContextType>;
  lagMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['RouteReason'], ParentType, ContextType>;
  requestedClass?: Resolver<ResolversTypes['FreshnessClass'], ParentType, ContextType>;
  servedClass?: Resolver<Maybe<ResolversTypes['FreshnessClass']>, ParentType, ContextType>;
  shard?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  source?: Resolver<ResolversTypes['DataSource'], ParentType, ContextType>;
  sourceTimestamp?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  token?: Resolver<ResolversTypes['ConsistencyToken'], ParentType, ContextType>;
};

export type ReferenceAttributeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ReferenceAttribute'] = ResolversParentTypes['ReferenceAttribute']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['AttributeType'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ReplicationStatusResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ReplicationStatus'] = ResolversParentTypes['ReplicationStatus']> = {
  health?: Resolver<ResolversTypes['ReplicationHealth'], ParentType, ContextType>;
  shards?: Resolver<ReadonlyArray<ResolversTypes['ShardReplication']>, ParentType, ContextType>;
  timestamp?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type RestoreAttributePayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['RestoreAttributePayload'] = ResolversParentTypes['RestoreAttributePayload']> = {
  consistencyToken?: Resolver<ResolversTypes['ConsistencyToken'], ParentType, ContextType>;
  definition?: Resolver<ResolversTypes['AttributeDefinition'], ParentType, ContextType>;
};

export type RetireAttributePayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['RetireAttributePayload'] = ResolversParentTypes['RetireAttributePayload']> = {
  consistencyToken?: Resolver<ResolversTypes['ConsistencyToken'], ParentType, ContextType>;
  definition?: Resolver<ResolversTypes['AttributeDefinition'], ParentType, ContextType>;
};

export type SearchConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SearchConnection'] = ResolversParentTypes['SearchConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['SearchEdge']>, ParentType, ContextType>;
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type SearchEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SearchEdge'] = ResolversParentTypes['SearchEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Entity'], ParentType, ContextType>;
  rank?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type ShardReplicationResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ShardReplication'] = ResolversParentTypes['ShardReplication']> = {
  changeStream?: Resolver<ResolversTypes['ChangeStreamStatus'], ParentType, ContextType>;
  shard?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  sources?: Resolver<ReadonlyArray<ResolversTypes['SourceStatus']>, ParentType, ContextType>;
};

export type SourceStatusResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SourceStatus'] = ResolversParentTypes['SourceStatus']> = {
  health?: Resolver<ResolversTypes['ReplicationHealth'], ParentType, ContextType>;
  lagMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  source?: Resolver<ResolversTypes['DataSource'], ParentType, ContextType>;
};

export type StatisticsGroupResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['StatisticsGroup'] = ResolversParentTypes['StatisticsGroup']> = {
  count?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  max?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  mean?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  min?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  quantiles?: Resolver<ReadonlyArray<ResolversTypes['Quantile']>, ParentType, ContextType, RequireFields<StatisticsGroupQuantilesArgs, 'levels'>>;
  stddev?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  stddevSample?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  sum?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  value?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  values?: Resolver<ReadonlyArray<Maybe<ResolversTypes['String']>>, ParentType, ContextType>;
};

export type StatisticsResultResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['StatisticsResult'] = ResolversParentTypes['StatisticsResult']> = {
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
  groups?: Resolver<ReadonlyArray<ResolversTypes['StatisticsGroup']>, ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  entityChanged?: SubscriptionResolver<ResolversTypes['EntityChangedEvent'], "entityChanged", ParentType, ContextType, Partial<SubscriptionEntityChangedArgs>>;
};

export type TextAttributeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TextAttribute'] = ResolversParentTypes['TextAttribute']> = {
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['AttributeType'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TextListAttributeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TextListAttribute'] = ResolversParentTypes['TextListAttribute']> = {
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  textList?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  type?: Resolver<ResolversTypes['AttributeType'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TimeSeriesGroupResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TimeSeriesGroup'] = ResolversParentTypes['TimeSeriesGroup']> = {
  points?: Resolver<ReadonlyArray<ResolversTypes['TimeSeriesPoint']>, ParentType, ContextType>;
  value?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  values?: Resolver<ReadonlyArray<Maybe<ResolversTypes['String']>>, ParentType, ContextType>;
};

export type TimeSeriesPointResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TimeSeriesPoint'] = ResolversParentTypes['TimeSeriesPoint']> = {
  start?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  value?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type TimeSeriesResultResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TimeSeriesResult'] = ResolversParentTypes['TimeSeriesResult']> = {
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
  groups?: Resolver<ReadonlyArray<ResolversTypes['TimeSeriesGroup']>, ParentType, ContextType>;
};

export type TimestampAttributeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TimestampAttribute'] = ResolversParentTypes['TimestampAttribute']> = {
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  timestamp?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['AttributeType'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TopValuesResultResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TopValuesResult'] = ResolversParentTypes['TopValuesResult']> = {
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
  values?: Resolver<ReadonlyArray<ResolversTypes['ValueCount']>, ParentType, ContextType>;
};

export type UpdateAttributePayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['UpdateAttributePayload'] = ResolversParentTypes['UpdateAttributePayload']> = {
  consistencyToken?: Resolver<ResolversTypes['ConsistencyToken'], ParentType, ContextType>;
  definition?: Resolver<ResolversTypes['AttributeDefinition'], ParentType, ContextType>;
};

export type UpsertEntitiesPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['UpsertEntitiesPayload'] = ResolversParentTypes['UpsertEntitiesPayload']> = {
  consistencyToken?: Resolver<ResolversTypes['ConsistencyToken'], ParentType, ContextType>;
  results?: Resolver<ReadonlyArray<ResolversTypes['UpsertEntityResult']>, ParentType, ContextType>;
};

export type UpsertEntityPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['UpsertEntityPayload'] = ResolversParentTypes['UpsertEntityPayload']> = {
  consistencyToken?: Resolver<ResolversTypes['ConsistencyToken'], ParentType, ContextType>;
  entity?: Resolver<ResolversTypes['Entity'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['WriteStatus'], ParentType, ContextType>;
};

export type UpsertEntityResultResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['UpsertEntityResult'] = ResolversParentTypes['UpsertEntityResult']> = {
  entity?: Resolver<Maybe<ResolversTypes['Entity']>, ParentType, ContextType>;
  error?: Resolver<Maybe<ResolversTypes['WriteError']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['WriteStatus'], ParentType, ContextType>;
};

export type ValueCountResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ValueCount'] = ResolversParentTypes['ValueCount']> = {
  count?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type WriteErrorResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['WriteError'] = ResolversParentTypes['WriteError']> = {
  code?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  hint?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type Resolvers<ContextType = RequestContext> = {
  Analytics?: AnalyticsResolvers<ContextType>;
  Attribute?: AttributeResolvers<ContextType>;
  AttributeAccess?: AttributeAccessResolvers<ContextType>;
  AttributeChange?: AttributeChangeResolvers<ContextType>;
  AttributeDefinition?: AttributeDefinitionResolvers<ContextType>;
  AttributeDefinitionConnection?: AttributeDefinitionConnectionResolvers<ContextType>;
  AttributeDefinitionEdge?: AttributeDefinitionEdgeResolvers<ContextType>;
  AttributeDifference?: AttributeDifferenceResolvers<ContextType>;
  AttributeRules?: AttributeRulesResolvers<ContextType>;
  AuditConnection?: AuditConnectionResolvers<ContextType>;
  AuditEdge?: AuditEdgeResolvers<ContextType>;
  AuditEntry?: AuditEntryResolvers<ContextType>;
  BigInt?: GraphQLScalarType;
  BooleanAttribute?: BooleanAttributeResolvers<ContextType>;
  CatalogLimit?: CatalogLimitResolvers<ContextType>;
  CatalogUsage?: CatalogUsageResolvers<ContextType>;
  ChangeConnection?: ChangeConnectionResolvers<ContextType>;
  ChangeEdge?: ChangeEdgeResolvers<ContextType>;
  ChangeStreamStatus?: ChangeStreamStatusResolvers<ContextType>;
  ConsistencyToken?: GraphQLScalarType;
  CountGroup?: CountGroupResolvers<ContextType>;
  CountResult?: CountResultResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  DefineAttributePayload?: DefineAttributePayloadResolvers<ContextType>;
  DeleteAttributePayload?: DeleteAttributePayloadResolvers<ContextType>;
  DeleteEntityPayload?: DeleteEntityPayloadResolvers<ContextType>;
  DescribeEntityTypePayload?: DescribeEntityTypePayloadResolvers<ContextType>;
  Distribution?: DistributionResolvers<ContextType>;
  DistributionBucket?: DistributionBucketResolvers<ContextType>;
  DistributionGroup?: DistributionGroupResolvers<ContextType>;
  Entity?: EntityResolvers<ContextType>;
  EntityChange?: EntityChangeResolvers<ContextType>;
  EntityChangeConnection?: EntityChangeConnectionResolvers<ContextType>;
  EntityChangeEdge?: EntityChangeEdgeResolvers<ContextType>;
  EntityChangedEvent?: EntityChangedEventResolvers<ContextType>;
  EntityConnection?: EntityConnectionResolvers<ContextType>;
  EntityEdge?: EntityEdgeResolvers<ContextType>;
  EntityType?: EntityTypeResolvers<ContextType>;
  EntityTypeAttribute?: EntityTypeAttributeResolvers<ContextType>;
  EntityTypeConnection?: EntityTypeConnectionResolvers<ContextType>;
  EntityTypeEdge?: EntityTypeEdgeResolvers<ContextType>;
  EraseEntityPayload?: EraseEntityPayloadResolvers<ContextType>;
  Erasure?: ErasureResolvers<ContextType>;
  Facet?: FacetResolvers<ContextType>;
  FacetsResult?: FacetsResultResolvers<ContextType>;
  HotColumnUsage?: HotColumnUsageResolvers<ContextType>;
  JSON?: GraphQLScalarType;
  JsonAttribute?: JsonAttributeResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  NumberAttribute?: NumberAttributeResolvers<ContextType>;
  NumberListAttribute?: NumberListAttributeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Quantile?: QuantileResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  ReadFreshness?: ReadFreshnessResolvers<ContextType>;
  ReferenceAttribute?: ReferenceAttributeResolvers<ContextType>;
  ReplicationStatus?: ReplicationStatusResolvers<ContextType>;
  RestoreAttributePayload?: RestoreAttributePayloadResolvers<ContextType>;
  RetireAttributePayload?: RetireAttributePayloadResolvers<ContextType>;
  SearchConnection?: SearchConnectionResolvers<ContextType>;
  SearchEdge?: SearchEdgeResolvers<ContextType>;
  ShardReplication?: ShardReplicationResolvers<ContextType>;
  SourceStatus?: SourceStatusResolvers<ContextType>;
  StatisticsGroup?: StatisticsGroupResolvers<ContextType>;
  StatisticsResult?: StatisticsResultResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  TextAttribute?: TextAttributeResolvers<ContextType>;
  TextListAttribute?: TextListAttributeResolvers<ContextType>;
  TimeSeriesGroup?: TimeSeriesGroupResolvers<ContextType>;
  TimeSeriesPoint?: TimeSeriesPointResolvers<ContextType>;
  TimeSeriesResult?: TimeSeriesResultResolvers<ContextType>;
  TimestampAttribute?: TimestampAttributeResolvers<ContextType>;
  TopValuesResult?: TopValuesResultResolvers<ContextType>;
  UpdateAttributePayload?: UpdateAttributePayloadResolvers<ContextType>;
  UpsertEntitiesPayload?: UpsertEntitiesPayloadResolvers<ContextType>;
  UpsertEntityPayload?: UpsertEntityPayloadResolvers<ContextType>;
  UpsertEntityResult?: UpsertEntityResultResolvers<ContextType>;
  ValueCount?: ValueCountResolvers<ContextType>;
  WriteError?: WriteErrorResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = RequestContext> = {
  freshness?: FreshnessDirectiveResolver<any, any, ContextType>;
};
