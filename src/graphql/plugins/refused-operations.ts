import { GraphQLError } from 'graphql';
import { AtlasError } from '../../domain/errors.ts';
import type { JsonValue } from '../../lib/canonical-json.ts';
import { isShallow } from '../../lib/is-shallow.ts';
import { checkVariables } from '../request/check-variables.ts';
import type { RequestPlugin } from './request-plugin.ts';

/** More than the largest filter or JSON value needs. At several times this depth, graphql overflows the stack. */
const MAX_VARIABLE_DEPTH = 500;

/**
 * Refuses operations before they run: subscriptions, where the transport carries one answer only; variables that are nested too deeply, because graphql recurses into them before any
 * resolver can check them; and large input objects with wrong members, which graphql would print many times.
 */
export const refusedOperations: RequestPlugin = {
  async didResolveOperation({ schema, operation, request, contextValue: { events, event } }) {
    if (operation?.operation === 'subscription' && events === null && event === null) {
      throw badRequest(
        new AtlasError('BAD_USER_INPUT', 'A response to a plain request cannot carry the events of a subscription.', {
          hint: 'Open a WebSocket with the subprotocol graphql-transport-ws, or send the request with accept: text/event-stream.',
        }),
      );
    }
    const variables = (request.variables ?? null) as JsonValue;
    if (!isShallow(variables, MAX_VARIABLE_DEPTH)) {
      throw badRequest(
        new AtlasError(
          'LIMIT_EXCEEDED',
          `The variables are nested too deeply; the limit is ${MAX_VARIABLE_DEPTH} levels.`,
          { hint: 'Nest less.' },
        ),
      );
    }
    if (operation == null || request.variables === undefined) return;
    try {
      checkVariables(schema, operation, request.variables);
    } catch (error) {
      throw error instanceof AtlasError ? badRequest(error) : error;
    }
  },
};

function badRequest(refusal: AtlasError): GraphQLError {
  return new GraphQLError(refusal.message, { originalError: refusal, extensions: { http: { status: 400 } } });
}
