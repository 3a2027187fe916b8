import { createSourceEventStream } from 'graphql';
import type { Logger } from '../../observability/logger.ts';
import { errorFormatter } from '../request/error-formatter.ts';
import type { RequestPlugin } from './request-plugin.ts';

/**
 * Opens the events of a subscription in place of executing it, once it has passed everything that a query has to pass. It is executed for each event,
 * with everything that is done to a query, too.
 */
export function subscriptionPlugin(logger: Logger): RequestPlugin {
  const formatError = errorFormatter(logger);
  return {
    async responseForOperation({ schema, document, operation, operationName, request, response, contextValue }) {
      if (operation?.operation !== 'subscription' || contextValue.events === null) return null;
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
}
