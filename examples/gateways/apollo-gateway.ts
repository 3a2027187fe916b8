/**
 * Freshness with Apollo Gateway: forwards the client's freshness headers to the subgraphs, and returns the freshness they
 * report in the gateway's response headers and extensions. Without this, freshness is returned in the data only.
 */
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { FRESHNESS_REQUEST_HEADERS, type SubgraphFreshness, worst } from './merge-freshness.ts';

export interface GatewayContext {
  readonly clientHeaders?: HeaderMap;
  /** One entry per subgraph response that read data. */
  readonly freshness?: SubgraphFreshness[];
}

type DataSource = RemoteGraphQLDataSource<GatewayContext>;
type Sent = Parameters<NonNullable<DataSource['willSendRequest']>>[0];
type Received = Parameters<NonNullable<DataSource['didReceiveResponse']>>[0];

class FreshnessDataSource extends RemoteGraphQLDataSource<GatewayContext> {
  override willSendRequest({ request, context }: Sent): void {
    for (const name of FRESHNESS_REQUEST_HEADERS) {
      const value = context.clientHeaders?.get(name);
      if (value !== undefined) request.http?.headers.set(name, value);
    }
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

export function createApolloGateway(supergraphSdl: string): ApolloServer<GatewayContext> {
  const gateway = new ApolloGateway({
    supergraphSdl,
    buildService: ({ url }) => new FreshnessDataSource(url === undefined ? {} : { url }),
  });
  return new ApolloServer<GatewayContext>({ gateway, plugins: [freshnessPlugin], stopOnTerminationSignals: false });
}

/** The context of one client request. */
export function gatewayContext(headers: Iterable<readonly [string, string]>): GatewayContext {
  const clientHeaders = new HeaderMap();
  for (const [name, value] of headers) clientHeaders.set(name, value);
  return { clientHeaders, freshness: [] };
}
