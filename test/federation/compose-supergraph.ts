import { composeServices as composeWithApollo } from '@apollo/composition';
import { composeServices as composeWithGuild } from '@theguild/federation-composition';
import { type DocumentNode, parse } from 'graphql';
import { GREETINGS_SDL } from './greetings-subgraph.ts';
import { ORDERS_SDL } from './orders-subgraph.ts';
import { REVIEWS_SDL } from './reviews-subgraph.ts';

interface SubgraphUrls {
  readonly atlas: string;
  readonly reviews: string;
  /** A subgraph that requires Atlas' typed field `name`; left out unless given. */
  readonly greetings?: string;
  /** A subgraph that refers to products by their type and `sku`; left out unless given. */
  readonly orders?: string;
}

interface Subgraph {
  readonly name: string;
  readonly url: string;
  readonly typeDefs: DocumentNode;
}

function subgraphs(atlasSdl: string, urls: SubgraphUrls): Subgraph[] {
  return [
    { name: 'atlas', url: urls.atlas, typeDefs: parse(atlasSdl) },
    { name: 'reviews', url: urls.reviews, typeDefs: parse(REVIEWS_SDL) },
    ...(urls.greetings === undefined
      ? []
      : [{ name: 'greetings', url: urls.greetings, typeDefs: parse(GREETINGS_SDL) }]),
    ...(urls.orders === undefined ? [] : [{ name: 'orders', url: urls.orders, typeDefs: parse(ORDERS_SDL) }]),
  ];
}

/** Composes the supergraph of Atlas and its neighbours with each of two composers. @throws Error with the composer's errors. */
export const COMPOSERS: Readonly<Record<string, (atlasSdl: string, urls: SubgraphUrls) => string>> = {
  '@apollo/composition': (atlasSdl, urls) => supergraphOf(composeWithApollo(subgraphs(atlasSdl, urls))),
  '@theguild/federation-composition': (atlasSdl, urls) => supergraphOf(composeWithGuild(subgraphs(atlasSdl, urls))),
};

function supergraphOf(result: {
  supergraphSdl?: string | undefined;
  errors?: readonly { message: string }[] | undefined;
}): string {
  if (result.supergraphSdl !== undefined && (result.errors ?? []).length === 0) return result.supergraphSdl;
  throw new Error(`The subgraphs do not compose:\n${result.errors?.map((error) => error.message).join('\n')}`);
}
