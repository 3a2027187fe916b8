/* eslint-disable */
import * as types from './graphql';



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
    "\n  query BestUsers($country: String!, $above: Float!, $first: Int!, $after: String) {\n    entities(\n      type: \"user\"\n      filter: {\n        attributes: [\n          { key: \"status\", text: { eq: \"active\" } }\n          { key: \"country\", text: { eq: $country } }\n          { key: \"score\", number: { gt: $above } }\n        ]\n      }\n      orderBy: [{ attribute: \"score\", direction: DESC }]\n      first: $first\n      after: $after\n    ) {\n      edges {\n        node {\n          id\n          name\n          score\n          lastSeen\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n      freshness {\n        source\n        lagMs\n        stale\n      }\n    }\n  }\n": typeof types.BestUsersDocument,
};
const documents: Documents = {
    "\n  query BestUsers($country: String!, $above: Float!, $first: Int!, $after: String) {\n    entities(\n      type: \"user\"\n      filter: {\n        attributes: [\n          { key: \"status\", text: { eq: \"active\" } }\n          { key: \"country\", text: { eq: $country } }\n          { key: \"score\", number: { gt: $above } }\n        ]\n      }\n      orderBy: [{ attribute: \"score\", direction: DESC }]\n      first: $first\n      after: $after\n    ) {\n      edges {\n        node {\n          id\n          name\n          score\n          lastSeen\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n      freshness {\n        source\n        lagMs\n        stale\n      }\n    }\n  }\n": types.BestUsersDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query BestUsers($country: String!, $above: Float!, $first: Int!, $after: String) {\n    entities(\n      type: \"user\"\n      filter: {\n        attributes: [\n          { key: \"status\", text: { eq: \"active\" } }\n          { key: \"country\", text: { eq: $country } }\n          { key: \"score\", number: { gt: $above } }\n        ]\n      }\n      orderBy: [{ attribute: \"score\", direction: DESC }]\n      first: $first\n      after: $after\n    ) {\n      edges {\n        node {\n          id\n          name\n          score\n          lastSeen\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n      freshness {\n        source\n        lagMs\n        stale\n      }\n    }\n  }\n"): typeof import('./graphql').BestUsersDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
