import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';
import { AtlasLink } from '../../../packages/client/src/apollo.ts';
import type { ServedFreshness } from '../../../packages/client/src/core/freshness.ts';
import type { AtlasOptions, OperationOptions } from '../../../packages/client/src/core/options.ts';
import { atlasFetch } from '../../../packages/client/src/fetch.ts';
import { atlasExchange } from '../../../packages/client/src/urql.ts';

export interface Outcome {
  /** Undefined or null if there is none. */
  readonly data: unknown;
  /** What the caller is told, by message. */
  readonly errors: readonly string[];
  /** What `onServed` of the operation was called with; null if it was not. */
  readonly served: ServedFreshness | null;
}

export interface AdapterClient {
  /** Sends a query or a mutation, and nothing from a cache. */
  send(document: string, variables?: Record<string, unknown>, options?: OperationOptions): Promise<Outcome>;
}

type Adapter = (url: string, options?: AtlasOptions) => AdapterClient;

/** Each adapter in the client that it is made for. */
export const ADAPTERS: Readonly<Record<'apollo' | 'urql' | 'fetch', Adapter>> = {
  apollo: (uri, options) => {
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: ApolloLink.from([new AtlasLink(options), new HttpLink({ uri })]),
    });
    return {
      send: (document, variables, given) =>
        noted(given, async (atlas) => {
          const policies = { fetchPolicy: 'no-cache', errorPolicy: 'all', context: { atlas } } as const;
          const { data, error } = document.startsWith('mutation')
            ? await client.mutate({ mutation: gql(document), variables: variables ?? {}, ...policies })
            : await client.query({ query: gql(document), variables: variables ?? {}, ...policies });
          const messages = CombinedGraphQLErrors.is(error) ? error.errors.map(({ message }) => message) : undefined;
          return { data, errors: messages ?? (error === undefined ? [] : [error.message]) };
        }),
    };
  },
  urql: (url, options) => {
    const client = new Client({ url, exchanges: [atlasExchange(options), fetchExchange], preferGetMethod: false });
    return {
      send: (document, variables = {}, given) =>
        noted(given, async (atlas) => {
          const { data, error } = document.startsWith('mutation')
            ? await client.mutation(document, variables, { atlas })
            : await client.query(document, variables, { atlas });
          const { networkError } = error ?? {};
          return {
            data,
            errors: networkError ? [networkError.message] : (error?.graphQLErrors.map(({ message }) => message) ?? []),
          };
        }),
    };
  },
  fetch: (url, options) => {
    const request = atlasFetch({ url, ...options });
    return {
      send: (document, variables = {}, given) =>
        noted(given, async (atlas) => {
          try {
            const { data, errors } = await request(document, variables, atlas);
            return { data, errors: errors.map(({ message }) => message) };
          } catch (error) {
            return { data: undefined, errors: [(error as Error).message] };
          }
        }),
    };
  },
};

async function noted(
  given: OperationOptions | undefined,
  send: (options: OperationOptions) => Promise<Omit<Outcome, 'served'>>,
): Promise<Outcome> {
  let served: ServedFreshness | null = null;
  const outcome = await send({
    ...given,
    onServed: (one) => {
      served = one;
    },
  });
  return { ...outcome, served };
}
