import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';

/** A subgraph of another team, which adds a field to entities that it computes from one of Atlas' typed fields. */
export const GREETINGS_SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@external", "@requires"])

  type Entity @key(fields: "id") {
    id: ID!
    name: String @external
    greeting: String! @requires(fields: "name")
  }
`;

const resolvers = {
  Entity: {
    greeting: ({ name }: { name: string | null }) => `Hello, ${name ?? 'whoever you are'}`,
  },
};

export async function startGreetingsSubgraph(): Promise<{ url: string; stop(): Promise<void> }> {
  const server = new ApolloServer({
    schema: buildSubgraphSchema([{ typeDefs: parse(GREETINGS_SDL), resolvers }]),
    stopOnTerminationSignals: false,
  });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
  return { url, stop: () => server.stop() };
}
