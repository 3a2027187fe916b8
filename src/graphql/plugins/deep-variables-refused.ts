import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { AtlasError } from '../../domain/errors.ts';
import type { JsonValue } from '../../lib/canonical-json.ts';
import { isShallow } from '../../lib/is-shallow.ts';
import type { RequestContext } from '../../resolvers/request-context.ts';

/** More than the largest filter and JSON value need; several times as deep, graphql would overflow the stack. */
const MAX_DEPTH = 500;

/** Variables are nested within bounds: graphql follows them to the end before any resolver can look at them. */
export const deepVariablesRefused: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ request }) {
        const variables = (request.variables ?? null) as JsonValue;
        if (isShallow(variables, MAX_DEPTH)) return;
        const refusal = new AtlasError(
          'LIMIT_EXCEEDED',
          `The variables are nested more than ${MAX_DEPTH} levels deep: nest them less.`,
        );
        throw new GraphQLError(refusal.message, { originalError: refusal, extensions: { http: { status: 400 } } });
      },
    };
  },
};
