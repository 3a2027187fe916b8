import type { JsonValue } from '../lib/canonical-json.ts';
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { AttributeNode } from '../resolvers/attribute-node.ts';
import type { AnalyticsNode } from '../resolvers/analytics-node.ts';
import type { AttributeDefinition as AttributeDefinitionNode, AttributeRules as AttributeRulesNode } from '../domain/catalog/attribute.ts';
import type { EntityNode } from '../resolvers/entity-node.ts';
import type { EntityPage } from '../resolvers/entity-page.ts';
import type { PageInfoNode } from '../resolvers/page-info-node.ts';
import type { ReadFreshness as ReadFreshnessNode } from '../freshness/freshness.ts';
import type { RowResult } from '../resolvers/upsert-entities.ts';
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
   * A whole number of up to 64 bits: a JSON number as long as JavaScript holds it exactly (up to 2^53), a string of digits
   * beyond. Both forms are accepted on input.
   */
  BigInt: { input: bigint; output: bigint; }
  /**
   * Proof of a write, returned by every mutation. Given as `FreshnessInput.after` (or as the request header
   * `x-consistency-token`) it makes a later read include that write, whatever source answers. Opaque: pass it on as it is.
   */
  ConsistencyToken: { input: string; output: string; }
  /**
   * A moment in UTC as RFC 3339 text with milliseconds, for example `2026-03-01T12:00:00.000Z`. An offset is accepted on
   * input and converted to UTC; fractions finer than a millisecond are cut off.
   */
  DateTime: { input: Date; output: Date; }
  /** Any JSON value: object, list, string, number, boolean or null. */
  JSON: { input: JsonValue; output: JsonValue; }
  _FieldSet: { input: string; output: string; }
};

/** Questions about many entities at once, answered from the analytical store where it is fresh enough. */
export type Analytics = {
  readonly __typename?: 'Analytics';
  /** How many entities match. */
  readonly count: CountResult;
  /**
   * Count of distinct entities by (group, width_bucket of a number): bucket b of n over [min, max) as SQL's `width_bucket`
   * has it; below min is bucket 0, at or above max is bucket n+1. Entities that lack the attribute, or the groupBy
   * attribute, are in no bucket.
   */
  readonly distribution: Distribution;
};


/** Questions about many entities at once, answered from the analytical store where it is fresh enough. */
export type AnalyticsCountArgs = {
  filter?: InputMaybe<EntityFilter>;
  freshness?: InputMaybe<FreshnessInput>;
  type?: InputMaybe<Scalars['String']['input']>;
};


/** Questions about many entities at once, answered from the analytical store where it is fresh enough. */
export type AnalyticsDistributionArgs = {
  attribute: Scalars['String']['input'];
  buckets?: InputMaybe<Scalars['Int']['input']>;
  filter?: InputMaybe<EntityFilter>;
  freshness?: InputMaybe<FreshnessInput>;
  groupBy?: InputMaybe<Scalars['String']['input']>;
  max?: InputMaybe<Scalars['Float']['input']>;
  min?: InputMaybe<Scalars['Float']['input']>;
  type?: InputMaybe<Scalars['String']['input']>;
};

/** The value of one attribute of an entity. Its concrete type follows the attribute's type. */
export type Attribute = {
  /** The attribute's key. */
  readonly key: Scalars['String']['output'];
  /** The attribute's type. */
  readonly type: AttributeType;
  /** When the value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** What an attribute is: its key, its type and how it is stored. */
export type AttributeDefinition = {
  readonly __typename?: 'AttributeDefinition';
  /** When it was defined. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** What the attribute means. */
  readonly description?: Maybe<Scalars['String']['output']>;
  /** The entity types that it is meant for; empty means any. */
  readonly entityTypes: ReadonlyArray<Scalars['String']['output']>;
  /** Whether `Entity` has a typed field for it. */
  readonly exposed: Scalars['Boolean']['output'];
  /** The name of that field; null where the attribute is not exposed. */
  readonly fieldName?: Maybe<Scalars['String']['output']>;
  /** Whether filters, orders and analytics may use it. */
  readonly filterable: Scalars['Boolean']['output'];
  /** Whether it is stored in a column of its own, which makes filters and analytics on it fastest. */
  readonly hot: Scalars['Boolean']['output'];
  /** Names the attribute in filters, reads and writes, for example `last_seen`. */
  readonly key: Scalars['String']['output'];
  /** When it was retired; null while it is in use. */
  readonly retiredAt?: Maybe<Scalars['DateTime']['output']>;
  /** What its values must be besides of its type. */
  readonly rules: AttributeRules;
  /** Whether all tenants share it. */
  readonly shared: Scalars['Boolean']['output'];
  /** The type of its values. */
  readonly type: AttributeType;
  /** When its definition last changed. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** A page of attribute definitions. */
export type AttributeDefinitionConnection = {
  readonly __typename?: 'AttributeDefinitionConnection';
  /** The definitions of the page, each with its cursor. */
  readonly edges: ReadonlyArray<AttributeDefinitionEdge>;
  /** Where the page lies in the whole list. */
  readonly pageInfo: PageInfo;
  /** How many definitions match in all. */
  readonly totalCount: Scalars['Int']['output'];
};

/** An attribute definition and its place in the list. */
export type AttributeDefinitionEdge = {
  readonly __typename?: 'AttributeDefinitionEdge';
  /** Opaque; give it as `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The definition. */
  readonly node: AttributeDefinition;
};

/** Which attribute definitions. Everything given must hold. */
export type AttributeDefinitionFilter = {
  /** Only definitions meant for this entity type, or for any. */
  readonly entityType?: InputMaybe<Scalars['String']['input']>;
  /** Only definitions that are exposed, or that are not. */
  readonly exposed?: InputMaybe<Scalars['Boolean']['input']>;
  /** Only definitions that are filterable, or that are not. */
  readonly filterable?: InputMaybe<Scalars['Boolean']['input']>;
  /** Only definitions that are hot, or that are not. */
  readonly hot?: InputMaybe<Scalars['Boolean']['input']>;
  /** Only keys that begin with this. */
  readonly keyStartsWith?: InputMaybe<Scalars['String']['input']>;
  /** Only these keys. */
  readonly keys?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Only these types. */
  readonly types?: InputMaybe<ReadonlyArray<AttributeType>>;
};

/** What must hold for one attribute. Give the predicate of the attribute's own type, or `exists`. */
export type AttributeFilter = {
  /** For a `BOOLEAN` attribute. */
  readonly boolean?: InputMaybe<BooleanPredicate>;
  /** True: the entity has the attribute. False: it does not. */
  readonly exists?: InputMaybe<Scalars['Boolean']['input']>;
  /** For a `JSON` attribute. */
  readonly json?: InputMaybe<JsonPredicate>;
  /** The attribute's key. */
  readonly key: Scalars['String']['input'];
  /** For a `NUMBER` attribute. */
  readonly number?: InputMaybe<NumberPredicate>;
  /** For a `TEXT` attribute. */
  readonly text?: InputMaybe<TextPredicate>;
  /** For a `TIMESTAMP` attribute. */
  readonly timestamp?: InputMaybe<TimestampPredicate>;
};

/** An attribute to set: its key and exactly one value, of the attribute's own type. */
export type AttributeInput = {
  /** The value of a `BOOLEAN` attribute. */
  readonly boolean?: InputMaybe<Scalars['Boolean']['input']>;
  /** The value of a `JSON` attribute. */
  readonly json?: InputMaybe<Scalars['JSON']['input']>;
  /** The attribute's key. */
  readonly key: Scalars['String']['input'];
  /** The value of a `NUMBER` attribute. */
  readonly number?: InputMaybe<Scalars['Float']['input']>;
  /** The value of a `TEXT` attribute. */
  readonly text?: InputMaybe<Scalars['String']['input']>;
  /** The value of a `TIMESTAMP` attribute. */
  readonly timestamp?: InputMaybe<Scalars['DateTime']['input']>;
};

/** What an attribute's values must be besides of its type. A rule that the attribute does not have is null. */
export type AttributeRules = {
  readonly __typename?: 'AttributeRules';
  /** `TIMESTAMP`: the first moment that is allowed. */
  readonly earliest?: Maybe<Scalars['DateTime']['output']>;
  /** `TEXT`, `NUMBER`: the values that are allowed. */
  readonly enum?: Maybe<ReadonlyArray<Scalars['JSON']['output']>>;
  /** `TIMESTAMP`: the last moment that is allowed. */
  readonly latest?: Maybe<Scalars['DateTime']['output']>;
  /** `NUMBER`: the greatest value that is allowed. */
  readonly max?: Maybe<Scalars['Float']['output']>;
  /** `TEXT`: the most characters that are allowed, counted as Unicode code points. */
  readonly maxLength?: Maybe<Scalars['Int']['output']>;
  /** `NUMBER`: the least value that is allowed. */
  readonly min?: Maybe<Scalars['Float']['output']>;
  /** `TEXT`: a regular expression that matches somewhere in the text. */
  readonly pattern?: Maybe<Scalars['String']['output']>;
  /** `JSON`: the JSON Schema that the value is valid by. */
  readonly schema?: Maybe<Scalars['JSON']['output']>;
};

/**
 * What an attribute's values must be besides of its type. All rules that are given hold; null is as not given. They are checked
 * when a value is written, not for values that are stored already. At most 16 KiB as JSON.
 */
export type AttributeRulesInput = {
  /** `TIMESTAMP`: the first moment that is allowed. */
  readonly earliest?: InputMaybe<Scalars['DateTime']['input']>;
  /** `TEXT`, `NUMBER`: the values that are allowed, for example `["active", "inactive"]`. */
  readonly enum?: InputMaybe<ReadonlyArray<Scalars['JSON']['input']>>;
  /** `TIMESTAMP`: the last moment that is allowed. */
  readonly latest?: InputMaybe<Scalars['DateTime']['input']>;
  /** `NUMBER`: the greatest value that is allowed. */
  readonly max?: InputMaybe<Scalars['Float']['input']>;
  /** `TEXT`: the most characters that are allowed, counted as Unicode code points. */
  readonly maxLength?: InputMaybe<Scalars['Int']['input']>;
  /** `NUMBER`: the least value that is allowed. */
  readonly min?: InputMaybe<Scalars['Float']['input']>;
  /**
   * `TEXT`: a regular expression that matches somewhere in the text; begin it with `^` and end it with `$` where the whole text must
   * match. JavaScript's syntax without lookahead, lookbehind and backreferences, so that matching takes linear time; texts of more
   * than 5,000 characters are refused.
   */
  readonly pattern?: InputMaybe<Scalars['String']['input']>;
  /**
   * `JSON`: a JSON Schema 2020-12 that the value must be valid by. Without `$ref` and `format`; keywords that the standard does not
   * know are refused.
   */
  readonly schema?: InputMaybe<Scalars['JSON']['input']>;
};

/** The type of an attribute's values. It never changes once the attribute is defined. */
export type AttributeType =
  /** True or false. */
  | 'BOOLEAN'
  /** Any JSON value. */
  | 'JSON'
  /** A 64-bit floating-point number. */
  | 'NUMBER'
  /** Text, compared by its UTF-8 bytes. */
  | 'TEXT'
  /** A moment, to the millisecond. */
  | 'TIMESTAMP';

/** The value of a `BOOLEAN` attribute. */
export type BooleanAttribute = Attribute & {
  readonly __typename?: 'BooleanAttribute';
  /** The value. */
  readonly boolean: Scalars['Boolean']['output'];
  /** The attribute's key. */
  readonly key: Scalars['String']['output'];
  /** `BOOLEAN`. */
  readonly type: AttributeType;
  /** When the value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** Conditions on a boolean; false is less than true. All that are given must hold. */
export type BooleanPredicate = {
  /** Equal to this. */
  readonly eq?: InputMaybe<Scalars['Boolean']['input']>;
  /** Greater than this. */
  readonly gt?: InputMaybe<Scalars['Boolean']['input']>;
  /** Greater than or equal to this. */
  readonly gte?: InputMaybe<Scalars['Boolean']['input']>;
  /** Equal to one of these; the server limits how many. */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['Boolean']['input']>>;
  /** Less than this. */
  readonly lt?: InputMaybe<Scalars['Boolean']['input']>;
  /** Less than or equal to this. */
  readonly lte?: InputMaybe<Scalars['Boolean']['input']>;
  /** Present and not equal to this. */
  readonly ne?: InputMaybe<Scalars['Boolean']['input']>;
};

/** How far change capture is behind the shard's primary. */
export type ChangeStreamStatus = {
  readonly __typename?: 'ChangeStreamStatus';
  /** Its state. */
  readonly health: ReplicationHealth;
  /** Bytes of the shard's write-ahead log that are not applied yet; null where it is not known. */
  readonly lagBytes?: Maybe<Scalars['BigInt']['output']>;
  /** Changes that were received and are not applied yet; null where it is not known. */
  readonly lagMessages?: Maybe<Scalars['BigInt']['output']>;
};

/** The result of `count`. */
export type CountResult = {
  readonly __typename?: 'CountResult';
  /** How many entities match. */
  readonly count: Scalars['BigInt']['output'];
  /** How fresh the answer is. */
  readonly freshness: ReadFreshness;
};

/** The kind of store that answered. */
export type DataSource =
  /** The analytical store, fed by change capture. */
  | 'CLICKHOUSE'
  /** The shard's writable Postgres server: always current. */
  | 'PRIMARY'
  /** A streaming replica of the shard's Postgres server. */
  | 'REPLICA';

/** A new attribute. */
export type DefineAttributeInput = {
  /** What the attribute means; it becomes the description of the typed field. */
  readonly description?: InputMaybe<Scalars['String']['input']>;
  /** The entity types that it is meant for; any where it is not given. */
  readonly entityTypes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Whether `Entity` gets a typed field for it: `last_seen` becomes `lastSeen`. */
  readonly exposed?: InputMaybe<Scalars['Boolean']['input']>;
  /** Whether filters, orders and analytics may use it. */
  readonly filterable?: InputMaybe<Scalars['Boolean']['input']>;
  /** Whether to store it in a column of its own. A tenant has few of those per type. */
  readonly hot?: InputMaybe<Scalars['Boolean']['input']>;
  /** Lower-case letters, digits and underscores, beginning with a letter, for example `last_seen`. */
  readonly key: Scalars['String']['input'];
  /** What its values must be besides of its type. A write that breaks a rule fails with `ATTRIBUTE_INVALID`. */
  readonly rules?: InputMaybe<AttributeRulesInput>;
  /** The type of its values. It cannot be changed later. */
  readonly type: AttributeType;
};

/** The result of `defineAttribute`. */
export type DefineAttributePayload = {
  readonly __typename?: 'DefineAttributePayload';
  /** Give it as `after` to later reads. */
  readonly consistencyToken: Scalars['ConsistencyToken']['output'];
  /** The definition in force. */
  readonly definition: AttributeDefinition;
};

/** The result of `deleteEntity`. */
export type DeleteEntityPayload = {
  readonly __typename?: 'DeleteEntityPayload';
  /** Give it as `after` to later reads. */
  readonly consistencyToken: Scalars['ConsistencyToken']['output'];
  /** False where there was no such entity. */
  readonly deleted: Scalars['Boolean']['output'];
  /** The id as given. */
  readonly id: Scalars['ID']['output'];
};

/** The result of `distribution`. */
export type Distribution = {
  readonly __typename?: 'Distribution';
  /** How fresh the answer is. */
  readonly freshness: ReadFreshness;
  /** One per value of the groupBy attribute, in the order of its text; one with value null where groupBy is not given. */
  readonly groups: ReadonlyArray<DistributionGroup>;
};

/** One bucket of a distribution. */
export type DistributionBucket = {
  readonly __typename?: 'DistributionBucket';
  /** 0 below min, 1 to n within, n+1 at or above max. */
  readonly bucket: Scalars['Int']['output'];
  /** How many entities are in it. */
  readonly count: Scalars['BigInt']['output'];
  /** The smallest value of the bucket; null for bucket 0. */
  readonly lower?: Maybe<Scalars['Float']['output']>;
  /** The value at which the next bucket begins; null for bucket n+1. */
  readonly upper?: Maybe<Scalars['Float']['output']>;
};

/** The distribution within one group. */
export type DistributionGroup = {
  readonly __typename?: 'DistributionGroup';
  /** Only buckets that hold something, in order. */
  readonly buckets: ReadonlyArray<DistributionBucket>;
  /** The group's value as text; null where groupBy is not given. */
  readonly value?: Maybe<Scalars['String']['output']>;
};

/**
 * A thing with dynamic attributes. Besides the fields below it has one typed field for every attribute definition that is
 * exposed: `last_seen` is the field `lastSeen`. Selecting attributes costs nothing beyond reading the entity.
 */
export type Entity = {
  readonly __typename?: 'Entity';
  /** The value of one attribute with its key, type and time; null where the entity does not have it. */
  readonly attribute?: Maybe<Attribute>;
  /** The values that the entity has, in the order of `keys`, or in key order where all are read. */
  readonly attributes: ReadonlyArray<Attribute>;
  /** The value of a `BOOLEAN` attribute; null where the entity does not have it. */
  readonly boolean?: Maybe<Scalars['Boolean']['output']>;
  /** When the entity was created. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** How fresh this entity is, and where it was read. */
  readonly freshness: ReadFreshness;
  /** A positive 64-bit number in decimal digits, unique within the tenant. */
  readonly id: Scalars['ID']['output'];
  /** The value of a `JSON` attribute; null where the entity does not have it. */
  readonly json?: Maybe<Scalars['JSON']['output']>;
  /** The value of a `NUMBER` attribute; null where the entity does not have it. */
  readonly number?: Maybe<Scalars['Float']['output']>;
  /** The value of a `TEXT` attribute; null where the entity does not have it. */
  readonly text?: Maybe<Scalars['String']['output']>;
  /** The value of a `TIMESTAMP` attribute; null where the entity does not have it. */
  readonly timestamp?: Maybe<Scalars['DateTime']['output']>;
  /** The entity's type, for example `user`. */
  readonly type: Scalars['String']['output'];
  /** When the entity last changed. */
  readonly updatedAt: Scalars['DateTime']['output'];
  /** Starts at 1 and grows by 1 with every write that changes something. Give it as `expectedVersion` of a write. */
  readonly version: Scalars['BigInt']['output'];
};


/**
 * A thing with dynamic attributes. Besides the fields below it has one typed field for every attribute definition that is
 * exposed: `last_seen` is the field `lastSeen`. Selecting attributes costs nothing beyond reading the entity.
 */
export type EntityAttributeArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};


/**
 * A thing with dynamic attributes. Besides the fields below it has one typed field for every attribute definition that is
 * exposed: `last_seen` is the field `lastSeen`. Selecting attributes costs nothing beyond reading the entity.
 */
export type EntityAttributesArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  keys?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};


/**
 * A thing with dynamic attributes. Besides the fields below it has one typed field for every attribute definition that is
 * exposed: `last_seen` is the field `lastSeen`. Selecting attributes costs nothing beyond reading the entity.
 */
export type EntityBooleanArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};


/**
 * A thing with dynamic attributes. Besides the fields below it has one typed field for every attribute definition that is
 * exposed: `last_seen` is the field `lastSeen`. Selecting attributes costs nothing beyond reading the entity.
 */
export type EntityJsonArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};


/**
 * A thing with dynamic attributes. Besides the fields below it has one typed field for every attribute definition that is
 * exposed: `last_seen` is the field `lastSeen`. Selecting attributes costs nothing beyond reading the entity.
 */
export type EntityNumberArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};


/**
 * A thing with dynamic attributes. Besides the fields below it has one typed field for every attribute definition that is
 * exposed: `last_seen` is the field `lastSeen`. Selecting attributes costs nothing beyond reading the entity.
 */
export type EntityTextArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};


/**
 * A thing with dynamic attributes. Besides the fields below it has one typed field for every attribute definition that is
 * exposed: `last_seen` is the field `lastSeen`. Selecting attributes costs nothing beyond reading the entity.
 */
export type EntityTimestampArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  key: Scalars['String']['input'];
};

/** A page of entities. */
export type EntityConnection = {
  readonly __typename?: 'EntityConnection';
  /** The entities of the page, each with its cursor. */
  readonly edges: ReadonlyArray<EntityEdge>;
  /** How fresh the page is: that of its part that is furthest behind. */
  readonly freshness: ReadFreshness;
  /** Where the page lies in the whole list. */
  readonly pageInfo: PageInfo;
  /** How many entities match in all. Counted only where it is selected. */
  readonly totalCount: Scalars['BigInt']['output'];
};

/** An entity and its place in the list. */
export type EntityEdge = {
  readonly __typename?: 'EntityEdge';
  /** Opaque; give it as `after` or `before` of the same question. */
  readonly cursor: Scalars['String']['output'];
  /** The entity. */
  readonly node: Entity;
};

/**
 * Which entities. Everything given must hold (`or` and `not` excepted). An entity that lacks an attribute satisfies no predicate
 * on it, `ne` included, but does satisfy `not` around such a predicate. The same filter gives the same answer from every source.
 */
export type EntityFilter = {
  /** All of these must hold. */
  readonly and?: InputMaybe<ReadonlyArray<EntityFilter>>;
  /** All of these must hold. */
  readonly attributes?: InputMaybe<ReadonlyArray<AttributeFilter>>;
  /** When the entity was created. */
  readonly createdAt?: InputMaybe<TimestampPredicate>;
  /** The entity is one of these; the server limits how many. */
  readonly ids?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  /** This must not hold. */
  readonly not?: InputMaybe<EntityFilter>;
  /** At least one of these must hold; an empty list matches nothing. */
  readonly or?: InputMaybe<ReadonlyArray<EntityFilter>>;
  /** When the entity last changed. */
  readonly updatedAt?: InputMaybe<TimestampPredicate>;
};

/** One criterion of an order: an attribute or a field, not both. Entities that lack the attribute come last. */
export type EntityOrder = {
  /** Order by the value of the attribute with this key. */
  readonly attribute?: InputMaybe<Scalars['String']['input']>;
  /** Smallest or largest first. */
  readonly direction: OrderDirection;
  /** Order by a field of the entity. */
  readonly field?: InputMaybe<EntityOrderField>;
};

/** A field to order by. */
export type EntityOrderField =
  /** When the entity was created. */
  | 'CREATED_AT'
  /** The entity's id, as a number. */
  | 'ID'
  /** When the entity last changed. */
  | 'UPDATED_AT';

/** What happens to the other rows of a batch when a row is wrong. */
export type ErrorPolicy =
  /**
   * Nothing is written where any row is wrong in itself. What only shows while writing (a version conflict, a shard that is
   * down) still fails only its own row.
   */
  | 'REJECT_ALL'
  /** The rows that are right are written; each row that is wrong reports its error. */
  | 'REJECT_FAILED_ROWS';

/** What happens when the preferred source does not meet the bound. */
export type FallbackStrategy =
  /** The read fails with `FRESHNESS_UNAVAILABLE`. */
  | 'FAIL'
  /** The primary answers. The default of entity reads. */
  | 'PRIMARY'
  /** A replica answers although it misses the bound, and the answer is marked `stale`. The default of analytics. */
  | 'REPLICA';

/** How fresh a read must be. Each class is a budget: the most that the data may lag behind the primary. */
export type FreshnessClass =
  /** At most 5 min behind: ClickHouse where it keeps up. The default of analytics. */
  | 'ANALYTICAL'
  /** At most 1 h behind: ClickHouse. */
  | 'BATCH'
  /** At most 1 s behind: a replica where it keeps up. The default of entity reads. */
  | 'INTERACTIVE'
  /** At most 30 s behind: a replica. */
  | 'OPERATIONAL'
  /** At most 100 ms behind: always read from the primary. */
  | 'REALTIME';

/**
 * How fresh a read must be. What is left out comes from the next weaker place: the field's argument, `@freshness` on the
 * field, `@freshness` on the operation, the request headers, the field's definition, the default.
 */
export type FreshnessInput = {
  /** The token of a mutation whose write must be in the answer. */
  readonly after?: InputMaybe<Scalars['ConsistencyToken']['input']>;
  /** The class, which gives the budget and the preferred source. */
  readonly class?: InputMaybe<FreshnessClass>;
  /** What to do when the preferred source does not meet the bound. */
  readonly fallback?: InputMaybe<FallbackStrategy>;
  /** The most milliseconds of lag to accept. It tightens the budget of the class and never loosens it. */
  readonly maxLagMs?: InputMaybe<Scalars['Int']['input']>;
  /** The most milliseconds to wait until a source contains the token's write, before falling back. */
  readonly maxWaitMs?: InputMaybe<Scalars['Int']['input']>;
};

/** The value of a `JSON` attribute. */
export type JsonAttribute = Attribute & {
  readonly __typename?: 'JsonAttribute';
  /** The value. */
  readonly json?: Maybe<Scalars['JSON']['output']>;
  /** The attribute's key. */
  readonly key: Scalars['String']['output'];
  /** `JSON`. */
  readonly type: AttributeType;
  /** When the value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** Conditions on a JSON value. Equal means the same JSON, whatever the order of members. All that are given must hold. */
export type JsonPredicate = {
  /** Equal to this. */
  readonly eq?: InputMaybe<Scalars['JSON']['input']>;
  /** Equal to one of these; the server limits how many. */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['JSON']['input']>>;
  /** Present and not equal to this. */
  readonly ne?: InputMaybe<Scalars['JSON']['input']>;
};

/** Writes. Every mutation returns a consistency token that makes later reads include it. */
export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Defines an attribute. One that exists already with the same type is returned as it is, whatever else the input says of it:
   * its rules, for instance, stay.
   */
  readonly defineAttribute: DefineAttributePayload;
  /** Deletes one entity with all its attributes. */
  readonly deleteEntity: DeleteEntityPayload;
  /** Creates or changes many entities, up to 1,000, with a result for each. Every shard is written in one statement. */
  readonly upsertEntities: UpsertEntitiesPayload;
  /** Creates or changes one entity. Attributes that are not named keep their value. */
  readonly upsertEntity: UpsertEntityPayload;
};


/** Writes. Every mutation returns a consistency token that makes later reads include it. */
export type MutationDefineAttributeArgs = {
  input: DefineAttributeInput;
};


/** Writes. Every mutation returns a consistency token that makes later reads include it. */
export type MutationDeleteEntityArgs = {
  expectedVersion?: InputMaybe<Scalars['BigInt']['input']>;
  id: Scalars['ID']['input'];
};


/** Writes. Every mutation returns a consistency token that makes later reads include it. */
export type MutationUpsertEntitiesArgs = {
  errorPolicy?: InputMaybe<ErrorPolicy>;
  input: ReadonlyArray<UpsertEntityInput>;
};


/** Writes. Every mutation returns a consistency token that makes later reads include it. */
export type MutationUpsertEntityArgs = {
  input: UpsertEntityInput;
};

/** The value of a `NUMBER` attribute. */
export type NumberAttribute = Attribute & {
  readonly __typename?: 'NumberAttribute';
  /** The attribute's key. */
  readonly key: Scalars['String']['output'];
  /** The value. */
  readonly number: Scalars['Float']['output'];
  /** `NUMBER`. */
  readonly type: AttributeType;
  /** When the value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** Conditions on a number. All that are given must hold. */
export type NumberPredicate = {
  /** Equal to this. */
  readonly eq?: InputMaybe<Scalars['Float']['input']>;
  /** Greater than this. */
  readonly gt?: InputMaybe<Scalars['Float']['input']>;
  /** Greater than or equal to this. */
  readonly gte?: InputMaybe<Scalars['Float']['input']>;
  /** Equal to one of these; the server limits how many. */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['Float']['input']>>;
  /** Less than this. */
  readonly lt?: InputMaybe<Scalars['Float']['input']>;
  /** Less than or equal to this. */
  readonly lte?: InputMaybe<Scalars['Float']['input']>;
  /** Present and not equal to this. */
  readonly ne?: InputMaybe<Scalars['Float']['input']>;
};

/** The direction of an order. */
export type OrderDirection =
  /** Smallest first. */
  | 'ASC'
  /** Largest first. */
  | 'DESC';

/** Where a page lies in the whole list, as Relay defines it. */
export type PageInfo = {
  readonly __typename?: 'PageInfo';
  /** The cursor of the page's last element: give it as `after` to read what follows. Null on an empty page. */
  readonly endCursor?: Maybe<Scalars['String']['output']>;
  /** True where more follows this page. */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** True where something precedes this page. Costs a look backward where it is selected on a later page. */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** The cursor of the page's first element: give it as `before` to read what precedes. Null on an empty page. */
  readonly startCursor?: Maybe<Scalars['String']['output']>;
};

/** Reads. */
export type Query = {
  readonly __typename?: 'Query';
  /** Questions about many entities at once. */
  readonly analytics: Analytics;
  /** The definition of one attribute; null where there is none with this key. */
  readonly attributeDefinition?: Maybe<AttributeDefinition>;
  /** The attribute definitions that the tenant sees, in key order, page by page. */
  readonly attributeDefinitions: AttributeDefinitionConnection;
  /**
   * The entities that match, page by page. Pages are stable under writes: no entity is skipped or repeated because another
   * was written meanwhile.
   */
  readonly entities: EntityConnection;
  /** Several entities, in the order of `ids`, with null where there is none. */
  readonly entitiesById: ReadonlyArray<Maybe<Entity>>;
  /** One entity; null where there is none with this id. */
  readonly entity?: Maybe<Entity>;
  /** The state of replication, as the last probes found it. */
  readonly replication: ReplicationStatus;
};


/** Reads. */
export type QueryAttributeDefinitionArgs = {
  key: Scalars['String']['input'];
};


/** Reads. */
export type QueryAttributeDefinitionsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<AttributeDefinitionFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Reads. */
export type QueryEntitiesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<EntityFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  freshness?: InputMaybe<FreshnessInput>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<ReadonlyArray<EntityOrder>>;
  type?: InputMaybe<Scalars['String']['input']>;
};


/** Reads. */
export type QueryEntitiesByIdArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  ids: ReadonlyArray<Scalars['ID']['input']>;
};


/** Reads. */
export type QueryEntityArgs = {
  freshness?: InputMaybe<FreshnessInput>;
  id: Scalars['ID']['input'];
};

/** What a read actually got: measured for this very read, in the same snapshot as its data. */
export type ReadFreshness = {
  readonly __typename?: 'ReadFreshness';
  /** Everything committed before this moment is in the data. The start of 1970 where nothing is known. */
  readonly dataTimestamp: Scalars['DateTime']['output'];
  /** True where another source than the preferred one answered. */
  readonly fellBack: Scalars['Boolean']['output'];
  /** The state of replication into the source. */
  readonly health: ReplicationHealth;
  /**
   * Upper bound in milliseconds on how far the data may lag behind the primary; null where it is not known. 2147483647
   * means that much or more.
   */
  readonly lagMs?: Maybe<Scalars['Int']['output']>;
  /** Why this source answered. */
  readonly reason: RouteReason;
  /** The class that was asked for. */
  readonly requestedClass: FreshnessClass;
  /** The tightest class that the measured lag still satisfies; null past `BATCH`, or where the lag is not known. */
  readonly servedClass?: Maybe<FreshnessClass>;
  /** The shard that the data came from; null where it came from several. */
  readonly shard?: Maybe<Scalars['String']['output']>;
  /** The store that answered. Where several contributed, the one that was furthest behind. */
  readonly source: DataSource;
  /** The heartbeat that proves it; null on a primary, which needs none, and where none has arrived. */
  readonly sourceTimestamp?: Maybe<Scalars['DateTime']['output']>;
  /** True where the answer does not meet what was asked (only with the fallback `REPLICA`). */
  readonly stale: Scalars['Boolean']['output'];
};

/** The state of replication into a source. */
export type ReplicationHealth =
  /** It works, but its lag is over the configured threshold. */
  | 'DEGRADED'
  /** It does not answer, or its lag is not known. */
  | 'DOWN'
  /** It keeps up. */
  | 'HEALTHY';

/** The state of replication, as the last probes found it. What a read got is in its own `freshness`. */
export type ReplicationStatus = {
  readonly __typename?: 'ReplicationStatus';
  /** The worst state of all that follows. */
  readonly health: ReplicationHealth;
  /** One per shard. */
  readonly shards: ReadonlyArray<ShardReplication>;
  /** When this was answered. */
  readonly timestamp: Scalars['DateTime']['output'];
};

/** Why a read went where it went. Closed set. */
export type RouteReason =
  /** The preferred source lagged more than the bound allows. */
  | 'LAG_EXCEEDED'
  /** The lag of the preferred source was not known, which never counts as fresh. */
  | 'LAG_UNKNOWN'
  /** The bound was relaxed to protect the primary from overload. */
  | 'OVERLOAD_RELAXED'
  /** The class asked for can only be met by the primary. */
  | 'PRIMARY_REQUIRED'
  /** All connections to the preferred source were in use. */
  | 'SOURCE_BUSY'
  /** The preferred source did not answer. */
  | 'SOURCE_DOWN'
  /** The preferred source did not contain the write of the consistency token in time. */
  | 'TOKEN_NOT_REACHED'
  /** The preferred source cannot answer this kind of question. */
  | 'UNSUPPORTED_BY_SOURCE'
  /** The preferred source was within the bound. */
  | 'WITHIN_BOUND';

/** The state of replication from one shard. */
export type ShardReplication = {
  readonly __typename?: 'ShardReplication';
  /** Change capture into the analytical store. */
  readonly changeStream: ChangeStreamStatus;
  /** The shard's id. */
  readonly shard: Scalars['String']['output'];
  /** The stores that hold this shard's data. */
  readonly sources: ReadonlyArray<SourceStatus>;
};

/** How far one store is behind the shard's primary. */
export type SourceStatus = {
  readonly __typename?: 'SourceStatus';
  /** Its state. */
  readonly health: ReplicationHealth;
  /** Upper bound on its lag in milliseconds; null where it is not known. */
  readonly lagMs?: Maybe<Scalars['Int']['output']>;
  /** The store. */
  readonly source: DataSource;
};

/** The value of a `TEXT` attribute. */
export type TextAttribute = Attribute & {
  readonly __typename?: 'TextAttribute';
  /** The attribute's key. */
  readonly key: Scalars['String']['output'];
  /** The value. */
  readonly text: Scalars['String']['output'];
  /** `TEXT`. */
  readonly type: AttributeType;
  /** When the value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** Conditions on text, compared by its UTF-8 bytes. All that are given must hold. */
export type TextPredicate = {
  /** Holds this somewhere. Case matters. */
  readonly contains?: InputMaybe<Scalars['String']['input']>;
  /** Equal to this. */
  readonly eq?: InputMaybe<Scalars['String']['input']>;
  /** Greater than this. */
  readonly gt?: InputMaybe<Scalars['String']['input']>;
  /** Greater than or equal to this. */
  readonly gte?: InputMaybe<Scalars['String']['input']>;
  /** Equal to one of these; the server limits how many. */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Less than this. */
  readonly lt?: InputMaybe<Scalars['String']['input']>;
  /** Less than or equal to this. */
  readonly lte?: InputMaybe<Scalars['String']['input']>;
  /** Present and not equal to this. */
  readonly ne?: InputMaybe<Scalars['String']['input']>;
  /** Begins with this. */
  readonly startsWith?: InputMaybe<Scalars['String']['input']>;
};

/** The value of a `TIMESTAMP` attribute. */
export type TimestampAttribute = Attribute & {
  readonly __typename?: 'TimestampAttribute';
  /** The attribute's key. */
  readonly key: Scalars['String']['output'];
  /** The value. */
  readonly timestamp: Scalars['DateTime']['output'];
  /** `TIMESTAMP`. */
  readonly type: AttributeType;
  /** When the value was last set. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** Conditions on a moment. All that are given must hold. */
export type TimestampPredicate = {
  /** Equal to this. */
  readonly eq?: InputMaybe<Scalars['DateTime']['input']>;
  /** Greater than this. */
  readonly gt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Greater than or equal to this. */
  readonly gte?: InputMaybe<Scalars['DateTime']['input']>;
  /** Equal to one of these; the server limits how many. */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['DateTime']['input']>>;
  /** Less than this. */
  readonly lt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Less than or equal to this. */
  readonly lte?: InputMaybe<Scalars['DateTime']['input']>;
  /** Present and not equal to this. */
  readonly ne?: InputMaybe<Scalars['DateTime']['input']>;
};

/** The result of `upsertEntities`. */
export type UpsertEntitiesPayload = {
  readonly __typename?: 'UpsertEntitiesPayload';
  /** Give it as `after` to later reads. */
  readonly consistencyToken: Scalars['ConsistencyToken']['output'];
  /** One per row, in the order of the input. */
  readonly results: ReadonlyArray<UpsertEntityResult>;
};

/** An entity to create or change. */
export type UpsertEntityInput = {
  /** The attributes to set. */
  readonly attributes: ReadonlyArray<AttributeInput>;
  /** Write only where the stored version is this (0: where there is no such entity); last write wins where it is not given. */
  readonly expectedVersion?: InputMaybe<Scalars['BigInt']['input']>;
  /** The entity's id; generated where it is not given. */
  readonly id?: InputMaybe<Scalars['ID']['input']>;
  /** The keys of attributes to take away. */
  readonly removeAttributes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** The entity's type, for example `user`. */
  readonly type: Scalars['String']['input'];
};

/** The result of `upsertEntity`. */
export type UpsertEntityPayload = {
  readonly __typename?: 'UpsertEntityPayload';
  /** Give it as `after` to later reads. */
  readonly consistencyToken: Scalars['ConsistencyToken']['output'];
  /** The entity as the write left it. */
  readonly entity: Entity;
  /** What the write did. */
  readonly status: WriteStatus;
};

/** The result of one row of `upsertEntities`. */
export type UpsertEntityResult = {
  readonly __typename?: 'UpsertEntityResult';
  /** The entity as the write left it; null where the row was not written. */
  readonly entity?: Maybe<Entity>;
  /** Why the row was not written; null where it was. */
  readonly error?: Maybe<WriteError>;
  /** What the write did. */
  readonly status: WriteStatus;
};

/** Why a row was not written. */
export type WriteError = {
  readonly __typename?: 'WriteError';
  /** One of the error codes of the API, for example `ATTRIBUTE_UNKNOWN`. */
  readonly code: Scalars['String']['output'];
  /** What was wrong and what would be right. */
  readonly message: Scalars['String']['output'];
};

/** What a write did to one entity. */
export type WriteStatus =
  /** The entity did not exist, and does now. */
  | 'CREATED'
  /** The row was wrong, or could not be written: see its error. */
  | 'FAILED'
  /** The row was right, but was not written because another was wrong (`REJECT_ALL`). */
  | 'NOT_WRITTEN'
  /** The entity was already as written; nothing was stored and its version stayed. */
  | 'UNCHANGED'
  /** The entity was changed. */
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
  Analytics: ResolverTypeWrapper<AnalyticsNode>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  Attribute: ResolverTypeWrapper<AttributeNode>;
  AttributeDefinition: ResolverTypeWrapper<AttributeDefinitionNode>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  AttributeDefinitionConnection: ResolverTypeWrapper<Omit<AttributeDefinitionConnection, 'edges' | 'pageInfo'> & { edges: ReadonlyArray<ResolversTypes['AttributeDefinitionEdge']>, pageInfo: ResolversTypes['PageInfo'] }>;
  AttributeDefinitionEdge: ResolverTypeWrapper<Omit<AttributeDefinitionEdge, 'node'> & { node: ResolversTypes['AttributeDefinition'] }>;
  AttributeDefinitionFilter: AttributeDefinitionFilter;
  AttributeFilter: AttributeFilter;
  AttributeInput: AttributeInput;
  AttributeRules: ResolverTypeWrapper<AttributeRulesNode>;
  AttributeRulesInput: AttributeRulesInput;
  AttributeType: AttributeType;
  BigInt: ResolverTypeWrapper<Scalars['BigInt']['output']>;
  BooleanAttribute: ResolverTypeWrapper<AttributeNode>;
  BooleanPredicate: BooleanPredicate;
  ChangeStreamStatus: ResolverTypeWrapper<ChangeStreamStatus>;
  ConsistencyToken: ResolverTypeWrapper<Scalars['ConsistencyToken']['output']>;
  CountResult: ResolverTypeWrapper<Omit<CountResult, 'freshness'> & { freshness: ResolversTypes['ReadFreshness'] }>;
  DataSource: DataSource;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  DefineAttributeInput: DefineAttributeInput;
  DefineAttributePayload: ResolverTypeWrapper<Omit<DefineAttributePayload, 'definition'> & { definition: ResolversTypes['AttributeDefinition'] }>;
  DeleteEntityPayload: ResolverTypeWrapper<DeleteEntityPayload>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Distribution: ResolverTypeWrapper<Omit<Distribution, 'freshness'> & { freshness: ResolversTypes['ReadFreshness'] }>;
  DistributionBucket: ResolverTypeWrapper<DistributionBucket>;
  DistributionGroup: ResolverTypeWrapper<DistributionGroup>;
  Entity: ResolverTypeWrapper<EntityNode>;
  EntityConnection: ResolverTypeWrapper<EntityPage>;
  EntityEdge: ResolverTypeWrapper<Omit<EntityEdge, 'node'> & { node: ResolversTypes['Entity'] }>;
  EntityFilter: EntityFilter;
  EntityOrder: EntityOrder;
  EntityOrderField: EntityOrderField;
  ErrorPolicy: ErrorPolicy;
  FallbackStrategy: FallbackStrategy;
  FreshnessClass: FreshnessClass;
  FreshnessInput: FreshnessInput;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  JsonAttribute: ResolverTypeWrapper<AttributeNode>;
  JsonPredicate: JsonPredicate;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  NumberAttribute: ResolverTypeWrapper<AttributeNode>;
  NumberPredicate: NumberPredicate;
  OrderDirection: OrderDirection;
  PageInfo: ResolverTypeWrapper<PageInfoNode>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  ReadFreshness: ResolverTypeWrapper<ReadFreshnessNode>;
  ReplicationHealth: ReplicationHealth;
  ReplicationStatus: ResolverTypeWrapper<ReplicationStatus>;
  RouteReason: RouteReason;
  ShardReplication: ResolverTypeWrapper<ShardReplication>;
  SourceStatus: ResolverTypeWrapper<SourceStatus>;
  TextAttribute: ResolverTypeWrapper<AttributeNode>;
  TextPredicate: TextPredicate;
  TimestampAttribute: ResolverTypeWrapper<AttributeNode>;
  TimestampPredicate: TimestampPredicate;
  UpsertEntitiesPayload: ResolverTypeWrapper<Omit<UpsertEntitiesPayload, 'results'> & { results: ReadonlyArray<ResolversTypes['UpsertEntityResult']> }>;
  UpsertEntityInput: UpsertEntityInput;
  UpsertEntityPayload: ResolverTypeWrapper<Omit<UpsertEntityPayload, 'entity'> & { entity: ResolversTypes['Entity'] }>;
  UpsertEntityResult: ResolverTypeWrapper<RowResult>;
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
  AttributeDefinition: AttributeDefinitionNode;
  Boolean: Scalars['Boolean']['output'];
  AttributeDefinitionConnection: Omit<AttributeDefinitionConnection, 'edges' | 'pageInfo'> & { edges: ReadonlyArray<ResolversParentTypes['AttributeDefinitionEdge']>, pageInfo: ResolversParentTypes['PageInfo'] };
  AttributeDefinitionEdge: Omit<AttributeDefinitionEdge, 'node'> & { node: ResolversParentTypes['AttributeDefinition'] };
  AttributeDefinitionFilter: AttributeDefinitionFilter;
  AttributeFilter: AttributeFilter;
  AttributeInput: AttributeInput;
  AttributeRules: AttributeRulesNode;
  AttributeRulesInput: AttributeRulesInput;
  BigInt: Scalars['BigInt']['output'];
  BooleanAttribute: AttributeNode;
  BooleanPredicate: BooleanPredicate;
  ChangeStreamStatus: ChangeStreamStatus;
  ConsistencyToken: Scalars['ConsistencyToken']['output'];
  CountResult: Omit<CountResult, 'freshness'> & { freshness: ResolversParentTypes['ReadFreshness'] };
  DateTime: Scalars['DateTime']['output'];
  DefineAttributeInput: DefineAttributeInput;
  DefineAttributePayload: Omit<DefineAttributePayload, 'definition'> & { definition: ResolversParentTypes['AttributeDefinition'] };
  DeleteEntityPayload: DeleteEntityPayload;
  ID: Scalars['ID']['output'];
  Distribution: Omit<Distribution, 'freshness'> & { freshness: ResolversParentTypes['ReadFreshness'] };
  DistributionBucket: DistributionBucket;
  DistributionGroup: DistributionGroup;
  Entity: EntityNode;
  EntityConnection: EntityPage;
  EntityEdge: Omit<EntityEdge, 'node'> & { node: ResolversParentTypes['Entity'] };
  EntityFilter: EntityFilter;
  EntityOrder: EntityOrder;
  FreshnessInput: FreshnessInput;
  JSON: Scalars['JSON']['output'];
  JsonAttribute: AttributeNode;
  JsonPredicate: JsonPredicate;
  Mutation: Record<PropertyKey, never>;
  NumberAttribute: AttributeNode;
  NumberPredicate: NumberPredicate;
  PageInfo: PageInfoNode;
  Query: Record<PropertyKey, never>;
  ReadFreshness: ReadFreshnessNode;
  ReplicationStatus: ReplicationStatus;
  ShardReplication: ShardReplication;
  SourceStatus: SourceStatus;
  TextAttribute: AttributeNode;
  TextPredicate: TextPredicate;
  TimestampAttribute: AttributeNode;
  TimestampPredicate: TimestampPredicate;
  UpsertEntitiesPayload: Omit<UpsertEntitiesPayload, 'results'> & { results: ReadonlyArray<ResolversParentTypes['UpsertEntityResult']> };
  UpsertEntityInput: UpsertEntityInput;
  UpsertEntityPayload: Omit<UpsertEntityPayload, 'entity'> & { entity: ResolversParentTypes['Entity'] };
  UpsertEntityResult: RowResult;
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
  count?: Resolver<ResolversTypes['CountResult'], ParentType, ContextType, Partial<AnalyticsCountArgs>>;
  distribution?: Resolver<ResolversTypes['Distribution'], ParentType, ContextType, RequireFields<AnalyticsDistributionArgs, 'attribute' | 'buckets'>>;
};

export type AttributeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Attribute'] = ResolversParentTypes['Attribute']> = {
  __resolveType: TypeResolveFn<'BooleanAttribute' | 'JsonAttribute' | 'NumberAttribute' | 'TextAttribute' | 'TimestampAttribute', ParentType, ContextType>;
};

export type AttributeDefinitionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AttributeDefinition'] = ResolversParentTypes['AttributeDefinition']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  entityTypes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  exposed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  fieldName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  filterable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hot?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  retiredAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  rules?: Resolver<ResolversTypes['AttributeRules'], ParentType, ContextType>;
  shared?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['AttributeType'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
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

export type AttributeRulesResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AttributeRules'] = ResolversParentTypes['AttributeRules']> = {
  earliest?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  enum?: Resolver<Maybe<ReadonlyArray<ResolversTypes['JSON']>>, ParentType, ContextType>;
  latest?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  max?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  maxLength?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  min?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  pattern?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  schema?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
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

export type ChangeStreamStatusResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ChangeStreamStatus'] = ResolversParentTypes['ChangeStreamStatus']> = {
  health?: Resolver<ResolversTypes['ReplicationHealth'], ParentType, ContextType>;
  lagBytes?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
  lagMessages?: Resolver<Maybe<ResolversTypes['BigInt']>, ParentType, ContextType>;
};

export interface ConsistencyTokenScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['ConsistencyToken'], any> {
  name: 'ConsistencyToken';
}

export type CountResultResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['CountResult'] = ResolversParentTypes['CountResult']> = {
  count?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DefineAttributePayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DefineAttributePayload'] = ResolversParentTypes['DefineAttributePayload']> = {
  consistencyToken?: Resolver<ResolversTypes['ConsistencyToken'], ParentType, ContextType>;
  definition?: Resolver<ResolversTypes['AttributeDefinition'], ParentType, ContextType>;
};

export type DeleteEntityPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DeleteEntityPayload'] = ResolversParentTypes['DeleteEntityPayload']> = {
  consistencyToken?: Resolver<ResolversTypes['ConsistencyToken'], ParentType, ContextType>;
  deleted?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
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
};

export type EntityResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Entity'] = ResolversParentTypes['Entity'], FederationReferenceType extends FederationReferenceTypes['Entity'] = FederationReferenceTypes['Entity']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Entity']> | FederationReferenceType, FederationReferenceType, ContextType>;
  attribute?: Resolver<Maybe<ResolversTypes['Attribute']>, ParentType, ContextType, RequireFields<EntityAttributeArgs, 'key'>>;
  attributes?: Resolver<ReadonlyArray<ResolversTypes['Attribute']>, ParentType, ContextType, Partial<EntityAttributesArgs>>;
  boolean?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType, RequireFields<EntityBooleanArgs, 'key'>>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  freshness?: Resolver<ResolversTypes['ReadFreshness'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  json?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType, RequireFields<EntityJsonArgs, 'key'>>;
  number?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType, RequireFields<EntityNumberArgs, 'key'>>;
  text?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType, RequireFields<EntityTextArgs, 'key'>>;
  timestamp?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType, RequireFields<EntityTimestampArgs, 'key'>>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['BigInt'], ParentType, ContextType>;
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
  deleteEntity?: Resolver<ResolversTypes['DeleteEntityPayload'], ParentType, ContextType, RequireFields<MutationDeleteEntityArgs, 'id'>>;
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

export type PageInfoResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  analytics?: Resolver<ResolversTypes['Analytics'], ParentType, ContextType>;
  attributeDefinition?: Resolver<Maybe<ResolversTypes['AttributeDefinition']>, ParentType, ContextType, RequireFields<QueryAttributeDefinitionArgs, 'key'>>;
  attributeDefinitions?: Resolver<ResolversTypes['AttributeDefinitionConnection'], ParentType, ContextType, RequireFields<QueryAttributeDefinitionsArgs, 'first'>>;
  entities?: Resolver<ResolversTypes['EntityConnection'], ParentType, ContextType, RequireFields<QueryEntitiesArgs, 'first'>>;
  entitiesById?: Resolver<ReadonlyArray<Maybe<ResolversTypes['Entity']>>, ParentType, ContextType, RequireFields<QueryEntitiesByIdArgs, 'ids'>>;
  entity?: Resolver<Maybe<ResolversTypes['Entity']>, ParentType, ContextType, RequireFields<QueryEntityArgs, 'id'>>;
  replication?: Resolver<ResolversTypes['ReplicationStatus'], ParentType, ContextType>;
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
};

export type ReplicationStatusResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ReplicationStatus'] = ResolversParentTypes['ReplicationStatus']> = {
  health?: Resolver<ResolversTypes['ReplicationHealth'], ParentType, ContextType>;
  shards?: Resolver<ReadonlyArray<ResolversTypes['ShardReplication']>, ParentType, ContextType>;
  timestamp?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
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

export type TextAttributeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TextAttribute'] = ResolversParentTypes['TextAttribute']> = {
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['AttributeType'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TimestampAttributeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TimestampAttribute'] = ResolversParentTypes['TimestampAttribute']> = {
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  timestamp?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['AttributeType'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
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

export type WriteErrorResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['WriteError'] = ResolversParentTypes['WriteError']> = {
  code?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type Resolvers<ContextType = RequestContext> = {
  Analytics?: AnalyticsResolvers<ContextType>;
  Attribute?: AttributeResolvers<ContextType>;
  AttributeDefinition?: AttributeDefinitionResolvers<ContextType>;
  AttributeDefinitionConnection?: AttributeDefinitionConnectionResolvers<ContextType>;
  AttributeDefinitionEdge?: AttributeDefinitionEdgeResolvers<ContextType>;
  AttributeRules?: AttributeRulesResolvers<ContextType>;
  BigInt?: GraphQLScalarType;
  BooleanAttribute?: BooleanAttributeResolvers<ContextType>;
  ChangeStreamStatus?: ChangeStreamStatusResolvers<ContextType>;
  ConsistencyToken?: GraphQLScalarType;
  CountResult?: CountResultResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  DefineAttributePayload?: DefineAttributePayloadResolvers<ContextType>;
  DeleteEntityPayload?: DeleteEntityPayloadResolvers<ContextType>;
  Distribution?: DistributionResolvers<ContextType>;
  DistributionBucket?: DistributionBucketResolvers<ContextType>;
  DistributionGroup?: DistributionGroupResolvers<ContextType>;
  Entity?: EntityResolvers<ContextType>;
  EntityConnection?: EntityConnectionResolvers<ContextType>;
  EntityEdge?: EntityEdgeResolvers<ContextType>;
  JSON?: GraphQLScalarType;
  JsonAttribute?: JsonAttributeResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  NumberAttribute?: NumberAttributeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  ReadFreshness?: ReadFreshnessResolvers<ContextType>;
  ReplicationStatus?: ReplicationStatusResolvers<ContextType>;
  ShardReplication?: ShardReplicationResolvers<ContextType>;
  SourceStatus?: SourceStatusResolvers<ContextType>;
  TextAttribute?: TextAttributeResolvers<ContextType>;
  TimestampAttribute?: TimestampAttributeResolvers<ContextType>;
  UpsertEntitiesPayload?: UpsertEntitiesPayloadResolvers<ContextType>;
  UpsertEntityPayload?: UpsertEntityPayloadResolvers<ContextType>;
  UpsertEntityResult?: UpsertEntityResultResolvers<ContextType>;
  WriteError?: WriteErrorResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = RequestContext> = {
  freshness?: FreshnessDirectiveResolver<any, any, ContextType>;
};
