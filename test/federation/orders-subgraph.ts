import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';

/** A subgraph of another team, which knows products by a number of their own, and no ids of Atlas. */
export const ORDERS_SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])

  type Query {
    ordered: [Entity!]!
  }

  type Entity @key(fields: "type sku", resolvable: false) {
    type: String!
    sku: String
  }
`;

export async function startOrdersSubgraph(skus: readonly string[]): Promise<{ url: string; stop(): Promise<void> }> {
  const ordered = skus.map((sku) => ({ type: 'product', sku }));
  const server = new ApolloServer({
    schema: buildSubgraphSchema([{ typeDefs: parse(ORDERS_SDL), resolvers: { Query: { ordered: () => ordered } } }]),
    stopOnTerminationSignals: false,
  });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
  return { url, stop: () => server.stop() };
}
