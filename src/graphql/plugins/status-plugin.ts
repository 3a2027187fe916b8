import type { ApolloServerPlugin } from '@apollo/server';
import type { RequestContext } from '../../resolvers/request-context.ts';
import { statusWithType } from '../request/response-type.ts';

/** The status if a document or its variables are wrong. A request that has no document is no GraphQL request: it has status 400 always. */
export const statusPlugin: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ request, response }) {
        const { status } = response.http;
        if (status === undefined || !request.query) return;
        response.http.status = statusWithType(status, request.http?.headers.get('accept'));
      },
    };
  },
};
