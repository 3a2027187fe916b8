import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { AtlasError } from '../../domain/errors.ts';
import type { RequestContext } from '../../resolvers/request-context.ts';

/** Over plain HTTP a subscription has nowhere to deliver to: it is refused instead of answered once with nothing. */
export const subscriptionsRefused: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation }) {
        if (operation?.operation !== 'subscription') return;
        const refusal = new AtlasError('BAD_USER_INPUT', 'There are no subscriptions: ask again with a query.');
        throw new GraphQLError(refusal.message, { originalError: refusal, extensions: { http: { status: 400 } } });
      },
    };
  },
};
