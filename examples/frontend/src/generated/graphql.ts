/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** An attribute to set: its key and exactly one value, in the member that corresponds to the attribute's type. Null means not set. */
export type AttributeInput = {
  /** Value of a `BOOLEAN` attribute. */
  boolean?: boolean | null | undefined;
  /** Value of a `JSON` attribute. */
  json?: unknown;
  /** The attribute's key. */
  key: string;
  /** Value of a `NUMBER` attribute. */
  number?: number | null | undefined;
  /** Value of a `NUMBER_LIST` attribute: all of its elements. It takes the place of the list that the entity has. */
  numberList?: Array<number> | null | undefined;
  /** Value of a `REFERENCE` attribute: the id of an entity, which need not exist yet. */
  reference?: string | number | null | undefined;
  /** Value of a `TEXT` attribute. */
  text?: string | null | undefined;
  /** Value of a `TEXT_LIST` attribute: all of its elements. It takes the place of the list that the entity has. */
  textList?: Array<string> | null | undefined;
  /** Value of a `TIMESTAMP` attribute. */
  timestamp?: string | null | undefined;
};

/**
 * Selects entities by typed fields. In addition to the members below, it has one for each exposed filterable attribute, named like its typed
 * field: `{ score: { gt: 80 }, lastSeen: { exists: false } }`. A condition of the wrong type fails validation. All members that are set
 * must hold; null means not set. It means the same as the `EntityFilter` with these conditions, and has the same limits. An attribute whose
 * typed field is called `and`, `or` or `not` can be filtered with `EntityFilter` only.
 */
export type EntityWhere = {
  /** All of these must hold. */
  and?: Array<EntityWhere> | null | undefined;
  /** Condition on the attribute `body_mass_g`. */
  bodyMassG?: NumberCondition | null | undefined;
  /** Condition on the attribute `city`. */
  city?: TextCondition | null | undefined;
  /** Condition on the attribute `country`. */
  country?: TextCondition | null | undefined;
  /** Condition on the time the entity was created. */
  createdAt?: TimestampPredicate | null | undefined;
  /** Condition on the attribute `director`. */
  director?: TextCondition | null | undefined;
  /** Condition on the attribute `email`. */
  email?: TextCondition | null | undefined;
  /** Condition on the attribute `flight_date`. */
  flightDate?: TimestampCondition | null | undefined;
  /** Condition on the attribute `horsepower`. */
  horsepower?: NumberCondition | null | undefined;
  /** Condition on the attribute `iata`. */
  iata?: TextCondition | null | undefined;
  /** Condition on the entity's id. */
  id?: IdPredicate | null | undefined;
  /** Condition on the attribute `imdb_rating`. */
  imdbRating?: NumberCondition | null | undefined;
  /** Condition on the attribute `last_seen`. */
  lastSeen?: TimestampCondition | null | undefined;
  /** Condition on the attribute `mag`. */
  mag?: NumberCondition | null | undefined;
  /** Condition on the attribute `major_genre`. */
  majorGenre?: TextCondition | null | undefined;
  /** Condition on the attribute `miles_per_gallon`. */
  milesPerGallon?: NumberCondition | null | undefined;
  /** Condition on the attribute `name`. */
  name?: TextCondition | null | undefined;
  /** This must not hold. */
  not?: EntityWhere | null | undefined;
  /** At least one of these must hold. An empty list matches nothing. */
  or?: Array<EntityWhere> | null | undefined;
  /** Condition on the attribute `place`. */
  place?: TextCondition | null | undefined;
  /** Condition on the attribute `release_date`. */
  releaseDate?: TimestampCondition | null | undefined;
  /** Condition on the attribute `score`. */
  score?: NumberCondition | null | undefined;
  /** Condition on the attribute `species`. */
  species?: TextCondition | null | undefined;
  /** Condition on the attribute `state`. */
  state?: TextCondition | null | undefined;
  /** Condition on the attribute `status`. */
  status?: TextCondition | null | undefined;
  /** Condition on the attribute `time`. */
  time?: TimestampCondition | null | undefined;
  /** Condition on the attribute `title`. */
  title?: TextCondition | null | undefined;
  /** Condition on the time the entity last changed. */
  updatedAt?: TimestampPredicate | null | undefined;
  /** Condition on the attribute `wildlife_species`. */
  wildlifeSpecies?: TextCondition | null | undefined;
  /** Condition on the attribute `worldwide_gross`. */
  worldwideGross?: NumberCondition | null | undefined;
};

/** Conditions on an id. All conditions that are set must hold. */
export type IdPredicate = {
  /** Equal to this. */
  eq?: string | number | null | undefined;
  /** Equal to one of these: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  in?: Array<string | number> | null | undefined;
};

/** Conditions on a number. All conditions that are set must hold. */
export type NumberCondition = {
  /** Equal to this. */
  eq?: number | null | undefined;
  /** True: the entity has the attribute. False: it lacks the attribute. */
  exists?: boolean | null | undefined;
  /** Greater than this. */
  gt?: number | null | undefined;
  /** Greater than or equal to this. */
  gte?: number | null | undefined;
  /** Equal to one of these: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  in?: Array<number> | null | undefined;
  /** Less than this. */
  lt?: number | null | undefined;
  /** Less than or equal to this. */
  lte?: number | null | undefined;
  /** Not equal to this. The value must be present. */
  ne?: number | null | undefined;
};

/**
 * Conditions on text, compared by its UTF-8 bytes. All conditions that are set must hold. Where case is ignored, texts are equal if they differ
 * in the case of letters only, by Unicode's simple case folding, which is the same for all languages and maps one character to one: `ß`
 * equals `ẞ`, but not `ss`; `Σ` equals `σ` and `ς`; `İ` equals only itself.
 */
export type TextCondition = {
  /** Contains this. Case-sensitive. */
  contains?: string | null | undefined;
  /** Contains this, if case is ignored: at most 256 characters (`LIMIT_EXCEEDED`). */
  containsIgnoreCase?: string | null | undefined;
  /** Equal to this. */
  eq?: string | null | undefined;
  /** Equal to this, if case is ignored: at most 256 characters (`LIMIT_EXCEEDED`). */
  eqIgnoreCase?: string | null | undefined;
  /** True: the entity has the attribute. False: it lacks the attribute. */
  exists?: boolean | null | undefined;
  /** Greater than this. */
  gt?: string | null | undefined;
  /** Greater than or equal to this. */
  gte?: string | null | undefined;
  /** Equal to one of these: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  in?: Array<string> | null | undefined;
  /** Less than this. */
  lt?: string | null | undefined;
  /** Less than or equal to this. */
  lte?: string | null | undefined;
  /** Not equal to this. The value must be present. */
  ne?: string | null | undefined;
  /** Starts with this. Case-sensitive. */
  startsWith?: string | null | undefined;
  /** Starts with this, if case is ignored: at most 256 characters (`LIMIT_EXCEEDED`). */
  startsWithIgnoreCase?: string | null | undefined;
};

/** Conditions on a point in time. All conditions that are set must hold. */
export type TimestampCondition = {
  /** Equal to this. */
  eq?: string | null | undefined;
  /** True: the entity has the attribute. False: it lacks the attribute. */
  exists?: boolean | null | undefined;
  /** Greater than this. */
  gt?: string | null | undefined;
  /** Greater than or equal to this. */
  gte?: string | null | undefined;
  /** Equal to one of these: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  in?: Array<string> | null | undefined;
  /** Less than this. */
  lt?: string | null | undefined;
  /** Less than or equal to this. */
  lte?: string | null | undefined;
  /** Not equal to this. The value must be present. */
  ne?: string | null | undefined;
};

/** Conditions on a point in time. All conditions that are set must hold. */
export type TimestampPredicate = {
  /** Equal to this. */
  eq?: string | null | undefined;
  /** Greater than this. */
  gt?: string | null | undefined;
  /** Greater than or equal to this. */
  gte?: string | null | undefined;
  /** Equal to one of these: at most 1,000 unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  in?: Array<string> | null | undefined;
  /** Less than this. */
  lt?: string | null | undefined;
  /** Less than or equal to this. */
  lte?: string | null | undefined;
  /** Not equal to this. The value must be present. */
  ne?: string | null | undefined;
};

/** An entity to create or update. */
export type UpsertEntityInput = {
  /** The attributes to set: at most 2,000 together with `removeAttributes`, unless the server is configured otherwise (`LIMIT_EXCEEDED`). */
  attributes: Array<AttributeInput>;
  /** Writes only if this is the stored version; 0 means the entity must not exist. Otherwise the row fails with `VERSION_CONFLICT`. Default: last write wins. */
  expectedVersion?: number | string | null | undefined;
  /**
   * The entity's id. Default: if the type has a unique attribute, the entity with the value that `attributes` gives it, which is created if there is none; otherwise a new
   * entity with a generated id.
   */
  id?: string | number | null | undefined;
  /** Keys of the attributes to remove. */
  removeAttributes?: Array<string> | null | undefined;
  /** Type of the entity, for example `user`. The type of an existing entity cannot be changed. */
  type: string;
};

export type UserFieldsFragment = { id: string, version: number | string, name: string | null, status: string | null, country: string | null, score: number | null, lastSeen: string | null, updatedAt: string };

export type UsersQueryVariables = Exact<{
  where?: EntityWhere | null | undefined;
  first: number;
}>;


export type UsersQuery = { entities: { totalCount: number | string, edges: Array<{ node: { id: string, version: number | string, name: string | null, status: string | null, country: string | null, score: number | null, lastSeen: string | null, updatedAt: string } }> } };

export type UserByIdQueryVariables = Exact<{
  id: string | number;
}>;


export type UserByIdQuery = { entity: { id: string, version: number | string, name: string | null, status: string | null, country: string | null, score: number | null, lastSeen: string | null, updatedAt: string } | null };

export type FacetsQueryVariables = Exact<{
  where?: EntityWhere | null | undefined;
}>;


export type FacetsQuery = { analytics: { facets: { facets: Array<{ attribute: string, values: Array<{ value: string, count: number | string }> }> } } };

export type SaveUserMutationVariables = Exact<{
  input: UpsertEntityInput;
}>;


export type SaveUserMutation = { upsertEntity: { entity: { id: string, version: number | string, name: string | null, status: string | null, country: string | null, score: number | null, lastSeen: string | null, updatedAt: string } } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const UserFieldsFragmentDoc = new TypedDocumentString(`
    fragment UserFields on Entity {
  id
  version
  name
  status
  country
  score
  lastSeen
  updatedAt
}
    `, {"fragmentName":"UserFields"}) as unknown as TypedDocumentString<UserFieldsFragment, unknown>;
export const UsersDocument = new TypedDocumentString(`
    query Users($where: EntityWhere, $first: Int!) {
  entities(
    type: "user"
    where: $where
    orderBy: [{attribute: "score", direction: DESC}]
    first: $first
  ) {
    totalCount
    edges {
      node {
        ...UserFields
      }
    }
  }
}
    fragment UserFields on Entity {
  id
  version
  name
  status
  country
  score
  lastSeen
  updatedAt
}`) as unknown as TypedDocumentString<UsersQuery, UsersQueryVariables>;
export const UserByIdDocument = new TypedDocumentString(`
    query UserById($id: ID!) {
  entity(id: $id) {
    ...UserFields
  }
}
    fragment UserFields on Entity {
  id
  version
  name
  status
  country
  score
  lastSeen
  updatedAt
}`) as unknown as TypedDocumentString<UserByIdQuery, UserByIdQueryVariables>;
export const FacetsDocument = new TypedDocumentString(`
    query Facets($where: EntityWhere) {
  analytics {
    facets(attributes: ["status", "country"], type: "user", where: $where, first: 8) {
      facets {
        attribute
        values {
          value
          count
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<FacetsQuery, FacetsQueryVariables>;
export const SaveUserDocument = new TypedDocumentString(`
    mutation SaveUser($input: UpsertEntityInput!) {
  upsertEntity(input: $input) {
    entity {
      ...UserFields
    }
  }
}
    fragment UserFields on Entity {
  id
  version
  name
  status
  country
  score
  lastSeen
  updatedAt
}`) as unknown as TypedDocumentString<SaveUserMutation, SaveUserMutationVariables>;