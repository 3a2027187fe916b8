import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { AtlasError } from '../../domain/errors.ts';
import type { JsonValue } from '../../lib/canonical-json.ts';
import { isShallow } from '../../lib/is-shallow.ts';
import type { RequestContext } from '../../resolvers/request-context.ts';

/** More than the largest filter or JSON value needs. At several times this depth, graphql overflows the stack. */
const MAX_VARIABLE_DEPTH = 500;

/**
 * Refuses operations before they run: subscriptions, which plain HTTP cannot deliver, and variables that are nested too deeply,
 * because graphql recurses into them before any resolver can check them.
 */
export const refusedOperations: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation, request }) {
        if (operation?.operation === 'subscription') {
          throw badRequest(new AtlasError('BAD_USER_INPUT', 'Subscriptions are not supported; use a query.'));
        }
        const variables = (request.variables ?? null) as JsonValue;
        if (isShallow(variables, MAX_VARIABLE_DEPTH)) return;
        throw badRequest(
          new AtlasError(
            'LIMIT_EXCEEDED',
            `The variables are nested too deeply; the limit is ${MAX_VARIABLE_DEPTH} levels.`,
          ),
        );
      },
    };
  },
};

function badRequest(refusal: AtlasError): GraphQLError {
  return new GraphQLError(refusal.message, { originalError: refusal, extensions: { http: { status: 400 } } });
}
