import type { ApolloServerPlugin } from '@apollo/server';
import type { RequestContext } from '../../resolvers/request-context.ts';
import { statusWithType } from '../request/response-type.ts';

/** Sets the status of a request whose document or variables are wrong. One without a document is no GraphQL request: its status is 400 always. */
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
