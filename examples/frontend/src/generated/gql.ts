/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  fragment UserFields on Entity {\n    id\n    version\n    name\n    status\n    country\n    score\n    lastSeen\n    updatedAt\n  }\n": typeof types.UserFieldsFragmentDoc,
    "\n  query Users($where: EntityWhere, $first: Int!) {\n    entities(type: \"user\", where: $where, orderBy: [{ attribute: \"score\", direction: DESC }], first: $first) {\n      totalCount\n      edges {\n        node {\n          ...UserFields\n        }\n      }\n    }\n  }\n": typeof types.UsersDocument,
    "\n  query UserById($id: ID!) {\n    entity(id: $id) {\n      ...UserFields\n    }\n  }\n": typeof types.UserByIdDocument,
    "\n  query Facets($where: EntityWhere) {\n    analytics {\n      facets(attributes: [\"status\", \"country\"], type: \"user\", where: $where, first: 8) {\n        facets {\n          attribute\n          values {\n            value\n            count\n          }\n        }\n      }\n    }\n  }\n": typeof types.FacetsDocument,
    "\n  mutation SaveUser($input: UpsertEntityInput!) {\n    upsertEntity(input: $input) {\n      entity {\n        ...UserFields\n      }\n    }\n  }\n": typeof types.SaveUserDocument,
};
const documents: Documents = {
    "\n  fragment UserFields on Entity {\n    id\n    version\n    name\n    status\n    country\n    score\n    lastSeen\n    updatedAt\n  }\n": types.UserFieldsFragmentDoc,
    "\n  query Users($where: EntityWhere, $first: Int!) {\n    entities(type: \"user\", where: $where, orderBy: [{ attribute: \"score\", direction: DESC }], first: $first) {\n      totalCount\n      edges {\n        node {\n          ...UserFields\n        }\n      }\n    }\n  }\n": types.UsersDocument,
    "\n  query UserById($id: ID!) {\n    entity(id: $id) {\n      ...UserFields\n    }\n  }\n": types.UserByIdDocument,
    "\n  query Facets($where: EntityWhere) {\n    analytics {\n      facets(attributes: [\"status\", \"country\"], type: \"user\", where: $where, first: 8) {\n        facets {\n          attribute\n          values {\n            value\n            count\n          }\n        }\n      }\n    }\n  }\n": types.FacetsDocument,
    "\n  mutation SaveUser($input: UpsertEntityInput!) {\n    upsertEntity(input: $input) {\n      entity {\n        ...UserFields\n      }\n    }\n  }\n": types.SaveUserDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment UserFields on Entity {\n    id\n    version\n    name\n    status\n    country\n    score\n    lastSeen\n    updatedAt\n  }\n"): typeof import('./graphql.ts').UserFieldsFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Users($where: EntityWhere, $first: Int!) {\n    entities(type: \"user\", where: $where, orderBy: [{ attribute: \"score\", direction: DESC }], first: $first) {\n      totalCount\n      edges {\n        node {\n          ...UserFields\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').UsersDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query UserById($id: ID!) {\n    entity(id: $id) {\n      ...UserFields\n    }\n  }\n"): typeof import('./graphql.ts').UserByIdDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Facets($where: EntityWhere) {\n    analytics {\n      facets(attributes: [\"status\", \"country\"], type: \"user\", where: $where, first: 8) {\n        facets {\n          attribute\n          values {\n            value\n            count\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').FacetsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SaveUser($input: UpsertEntityInput!) {\n    upsertEntity(input: $input) {\n      entity {\n        ...UserFields\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SaveUserDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
