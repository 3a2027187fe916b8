import type { ApolloServerPlugin } from '@apollo/server';
import {
  createSourceEventStream,
  type DocumentNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Logger } from '../../observability/logger.ts';
import type { RequestContext } from '../../resolvers/request-context.ts';
import { errorFormatter } from '../request/error-formatter.ts';

/** Without its field, a subscription has no events. */
const CONDITIONAL = new GraphQLError('The field of a subscription cannot have @skip or @include.', {
  extensions: { code: 'BAD_USER_INPUT' },
});

function isConditional({ selectionSet }: OperationDefinitionNode, document: DocumentNode): boolean {
  const fragments = new Map(
    document.definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])),
  );
  const isSo = ({ selections }: SelectionSetNode): boolean =>
    selections.some((one) => {
      if ((one.directives ?? []).some(({ name }) => name.value === 'skip' || name.value === 'include')) return true;
      if (one.kind === Kind.FIELD) return false;
      const inner = one.kind === Kind.INLINE_FRAGMENT ? one : fragments.get(one.name.value);
      return inner !== undefined && isSo(inner.selectionSet);
    });
  return isSo(selectionSet);
}

/**
 * Opens the events of a subscription in place of executing it, once it has passed everything that a query has to pass. It is executed for each event,
 * with everything that is done to a query, too.
 */
export function subscriptionPlugin(logger: Logger): ApolloServerPlugin<RequestContext> {
  const formatError = errorFormatter(logger);
  return {
    async requestDidStart() {
      return {
        async responseForOperation({ schema, document, operation, operationName, request, response, contextValue }) {
          if (operation?.operation !== 'subscription' || contextValue.events === null) return null;
          if (isConditional(operation, document)) {
            const singleResult = { errors: [formatError(CONDITIONAL.toJSON(), CONDITIONAL)] };
            return { http: response.http, body: { kind: 'single', singleResult } };
          }
          const opened = await createSourceEventStream({
            ...{ schema, document, contextValue, operationName },
            variableValues: request.variables ?? {},
          });
          const errors = 'errors' in opened ? (opened.errors ?? []) : [];
          const formatted = errors.map((error) => formatError(error.toJSON(), error));
          const singleResult = formatted.length === 0 ? { data: null } : { errors: formatted };
          return { http: response.http, body: { kind: 'single', singleResult } };
        },
      };
    },
  };
}
