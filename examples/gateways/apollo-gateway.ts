/**
 * Atlas behind Apollo Gateway: verifies clients, tells Atlas who they are, forwards the client's headers for freshness and traces to the subgraphs, and returns the freshness they
 * report in the gateway's response headers and extensions. Without this, freshness is returned in the data only.
 */
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { type ClientIdentity, type GatewaySecrets, identifyClient, identityHeaders } from './client-identity.ts';
import { FORWARDED_HEADERS, type SubgraphFreshness, worst } from './merge-freshness.ts';

export interface GatewayContext {
  readonly clientHeaders?: HeaderMap;
  readonly client?: ClientIdentity;
  /** One entry per subgraph response that read data. */
  readonly freshness?: SubgraphFreshness[];
}

type Fetcher = NonNullable<RemoteGraphQLDataSource['fetcher']>;
type DataSource = RemoteGraphQLDataSource<GatewayContext>;
type Sent = Parameters<NonNullable<DataSource['willSendRequest']>>[0];
type Received = Parameters<NonNullable<DataSource['didReceiveResponse']>>[0];

class AtlasDataSource extends RemoteGraphQLDataSource<GatewayContext> {
  override willSendRequest({ request, context }: Sent): void {
    for (const name of FORWARDED_HEADERS) {
      const value = context.clientHeaders?.get(name);
      if (value !== undefined) request.http?.headers.set(name, value);
    }
    // For the fetcher, which signs them with the body.
    if (context.client !== undefined) request.http?.headers.set(CLIENT, JSON.stringify(context.client));
  }

  override didReceiveResponse({ response, context }: Received): Received['response'] {
    const freshness = response.extensions?.freshness as SubgraphFreshness | undefined;
    if (freshness !== undefined) context.freshness?.push(freshness);
    return response;
  }
}

const freshnessPlugin: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ response, contextValue }) {
        const merged = worst(contextValue.freshness ?? []);
        if (merged === null || response.body.kind !== 'single') return;
        response.body.singleResult.extensions = {
          ...response.body.singleResult.extensions,
          freshness: merged.extension,
        };
        for (const [name, value] of merged.headers) response.http.headers.set(name, value);
      },
    };
  },
};

/** Never sent: the fetcher takes it out. */
const CLIENT = 'x-gateway-client';

function signingFetcher(secret: string): Fetcher {
  return (url, { headers: given = {}, ...init } = {}) => {
    const { [CLIENT]: client, ...headers } = given;
    if (client === undefined) return fetch(url, { ...init, headers } as RequestInit);
    const sent = { url, method: init.method ?? 'POST', body: String(init.body ?? '') };
    const signed = identityHeaders(JSON.parse(client) as ClientIdentity, sent, secret);
    return fetch(url, { ...init, headers: { ...headers, ...signed } } as RequestInit);
  };
}

export function createApolloGateway(supergraphSdl: string, secrets: GatewaySecrets): ApolloServer<GatewayContext> {
  const fetcher = signingFetcher(secrets.atlas);
  const gateway = new ApolloGateway({
    supergraphSdl,
    // Other subgraphs are not told who the client is; give them what they need.
    buildService: ({ name, url = '' }) =>
      name === 'atlas' ? new AtlasDataSource({ url, fetcher }) : new RemoteGraphQLDataSource({ url }),
  });
  return new ApolloServer<GatewayContext>({ gateway, plugins: [freshnessPlugin], stopOnTerminationSignals: false });
}

/** The context of one client request. @throws GraphQLError UNAUTHENTICATED */
export async function gatewayContext(
  headers: Iterable<readonly [string, string]>,
  secrets: GatewaySecrets,
): Promise<GatewayContext> {
  const clientHeaders = new HeaderMap();
  for (const [name, value] of headers) clientHeaders.set(name, value);
  const client = await identifyClient(clientHeaders.get('authorization') ?? null, secrets.clients);
  if (client === null) {
    throw new GraphQLError('Send a valid bearer token.', {
      extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } },
    });
  }
  return { clientHeaders, client, freshness: [] };
}
