import type { ApolloServerPlugin } from '@apollo/server';
import { encodeToken } from '../../freshness/consistency-token.ts';
import { freshnessHeaders } from '../../freshness/freshness-summary.ts';
import type { RequestContext } from '../../resolvers/request-context.ts';

/**
 * Reports the freshness of a response in its extensions and headers, and returns the token of what it wrote. This includes
 * responses with errors, because their data was read as well.
 */
export const freshnessPlugin: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ contextValue, response }) {
        if (response.body.kind !== 'single') return;
        const summary = contextValue.collector.summary();
        if (summary !== null) {
          const { singleResult } = response.body;
          singleResult.extensions = { ...singleResult.extensions, freshness: summary };
          for (const [name, value] of freshnessHeaders(summary)) response.http.headers.set(name, value);
        }
        if (contextValue.written !== null) {
          response.http.headers.set('x-consistency-token', encodeToken(contextValue.written, contextValue.tokenScope));
        }
      },
    };
  },
};
