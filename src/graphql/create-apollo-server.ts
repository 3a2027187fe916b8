import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { Settings } from '../config/settings.ts';
import type { Logger } from '../observability/logger.ts';
import type { RequestContext } from '../resolvers/request-context.ts';
import type { DocumentStore } from './document-store.ts';
import { deepVariablesRefused } from './plugins/deep-variables-refused.ts';
import { freshnessPlugin } from './plugins/freshness-plugin.ts';
import { misplacedFreshnessRule } from './plugins/misplaced-freshness-rule.ts';
import { queryLimitRules } from './plugins/query-limits.ts';
import { subscriptionsRefused } from './plugins/subscriptions-refused.ts';
import { errorFormatter } from './request/error-formatter.ts';

export interface ApolloServerParts {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly documents: DocumentStore;
}

/** A started server for one schema. It owns nothing but itself: signals, sockets and pools are others'. */
export async function createApolloServer(
  schema: GraphQLSchema,
  { settings, logger, documents }: ApolloServerParts,
): Promise<ApolloServer<RequestContext>> {
  const server = new ApolloServer<RequestContext>({
    schema,
    documentStore: documents,
    // The process has one owner of signals; with Apollo's own handler it could exit before the pools are closed.
    stopOnTerminationSignals: false,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    // No cookie ever identifies a caller, a GET cannot mutate, and a POST must be JSON, which no foreign form can send.
    csrfPrevention: false,
    validationRules: [...queryLimitRules(settings), misplacedFreshnessRule],
    formatError: errorFormatter(logger),
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
      subscriptionsRefused,
      deepVariablesRefused,
      freshnessPlugin,
    ],
  });
  await server.start();
  return server;
}
