/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Kind of store that data was read from. */
export type DataSource =
  /** ClickHouse, fed by change capture from every shard. */
  | 'CLICKHOUSE'
  /** The shard's primary: the Postgres server that takes writes. Its lag is 0. */
  | 'PRIMARY'
  /** A streaming replica of the shard's primary. */
  | 'REPLICA';

export type BestUsersQueryVariables = Exact<{
  country: string;
  above: number;
  first: number;
  after?: string | null | undefined;
}>;


export type BestUsersQuery = { entities: { edges: Array<{ node: { id: string, name: string | null, score: number | null, lastSeen: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null }, freshness: { source: DataSource, lagMs: number | null, stale: boolean } } };

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

export const BestUsersDocument = new TypedDocumentString(`
    query BestUsers($country: String!, $above: Float!, $first: Int!, $after: String) {
  entities(
    type: "user"
    filter: {attributes: [{key: "status", text: {eq: "active"}}, {key: "country", text: {eq: $country}}, {key: "score", number: {gt: $above}}]}
    orderBy: [{attribute: "score", direction: DESC}]
    first: $first
    after: $after
  ) {
    edges {
      node {
        id
        name
        score
        lastSeen
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    freshness {
      source
      lagMs
      stale
    }
  }
}
    `) as unknown as TypedDocumentString<BestUsersQuery, BestUsersQueryVariables>;