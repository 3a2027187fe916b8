import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';

/** A subgraph of another team, which refers to entities by id only. */
export const REVIEWS_SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])

  type Query {
    reviews: [Review!]!
  }

  type Review @key(fields: "id") {
    id: ID!
    body: String!
    about: Entity!
  }

  type Entity @key(fields: "id", resolvable: false) {
    id: ID!
  }
`;

export async function startReviewsSubgraph(about: readonly string[]): Promise<{ url: string; stop(): Promise<void> }> {
  const reviews = about.map((id, index) => ({ id: String(index + 1), body: `Review of ${id}`, about: { id } }));
  const server = new ApolloServer({
    schema: buildSubgraphSchema([{ typeDefs: parse(REVIEWS_SDL), resolvers: { Query: { reviews: () => reviews } } }]),
    stopOnTerminationSignals: false,
  });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
  return { url, stop: () => server.stop() };
}
