import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { RequestLimits } from '../../config/request-limits.ts';
import type { Logger } from '../../observability/logger.ts';
import type { RequestContext } from '../../resolvers/request-context.ts';
import { authorizationPlugin } from '../plugins/authorization-plugin.ts';
import { boundedErrors } from '../plugins/bounded-errors.ts';
import { costPlugin } from '../plugins/cost-plugin.ts';
import { explainPlugin } from '../plugins/explain-plugin.ts';
import { freshnessPlugin } from '../plugins/freshness-plugin.ts';
import { hiddenSchemaRule } from '../plugins/hidden-schema-rule.ts';
import { hintsPlugin } from '../plugins/hints-plugin.ts';
import { misplacedFreshnessRule } from '../plugins/misplaced-freshness-rule.ts';
import { queryLimitRules } from '../plugins/query-limits.ts';
import { refusedOperations } from '../plugins/refused-operations.ts';
import { reportPlugin } from '../plugins/report-plugin.ts';
import { asOnePlugin } from '../plugins/request-plugin.ts';
import { statusPlugin } from '../plugins/status-plugin.ts';
import { subscriptionPlugin } from '../plugins/subscription-plugin.ts';
import { errorFormatter } from '../request/error-formatter.ts';
import { responseText } from '../request/response-text.ts';
import type { DocumentStore } from './document-store.ts';

export interface ApolloServerParts {
  readonly limits: RequestLimits;
  readonly logger: Logger;
  readonly documents: DocumentStore;
}

/** A started server for one schema. It owns no signal handlers, sockets or pools. */
export async function createApolloServer(
  schema: GraphQLSchema,
  { limits, logger, documents }: ApolloServerParts,
): Promise<ApolloServer<RequestContext>> {
  const server = new ApolloServer<RequestContext>({
    schema,
    documentStore: documents,
    // The process has one owner of signals. With Apollo's own handler, it could exit before the pools are closed.
    stopOnTerminationSignals: false,
    introspection: true,
    hideSchemaDetailsFromClientErrors: !limits.introspection,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    // Cookies never identify a caller, GET cannot mutate, and POST must be JSON, which a foreign form cannot send.
    csrfPrevention: false,
    validationRules: [
      ...queryLimitRules(limits),
      misplacedFreshnessRule,
      ...(limits.introspection ? [] : [hiddenSchemaRule]),
    ],
    formatError: errorFormatter(logger),
    stringifyResult: (result) => responseText(result, limits.maxResponseBytes),
    logger: {
      debug: (message) => logger.debug(String(message)),
      info: (message) => logger.info(String(message)),
      warn: (message) => logger.warn(String(message)),
      error: (message) => logger.error(String(message)),
    },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      asOnePlugin([
        refusedOperations,
        authorizationPlugin,
        costPlugin,
        boundedErrors,
        subscriptionPlugin(logger),
        freshnessPlugin,
        hintsPlugin,
        explainPlugin,
        statusPlugin,
        reportPlugin,
      ]),
    ],
  });
  await server.start();
  return server;
}
