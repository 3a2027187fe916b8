import type { SettingName } from '../../../src/config/settings.ts';
import type { GraphQLHandler } from '../../../src/graphql/graphql-handler.ts';
import { createLogger, type Logger } from '../../../src/observability/logger.ts';
import { buildApp } from '../../../src/server/build-app.ts';
import { appOptions } from '../../support/http-app.ts';

export interface ServedHandler {
  readonly url: string;
  stop(): Promise<void>;
}

/** The HTTP server in front of a handler, which the caller stops. */
export async function serveHandler(
  handler: GraphQLHandler,
  environment: Partial<Record<SettingName, string>> = {},
  logger: Logger = createLogger('silent'),
): Promise<ServedHandler> {
  const app = buildApp(appOptions((request) => handler.handle(request), { graphql: handler, environment, logger }));
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url: `${address}/graphql`,
    async stop() {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
