import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import type { RequestContext } from '../../resolvers/request-context.ts';

/** What is done at the steps of every request. */
export type RequestPlugin = Pick<
  GraphQLRequestListener<RequestContext>,
  'didResolveOperation' | 'didEncounterErrors' | 'responseForOperation' | 'willSendResponse'
>;

/** Plugins as one: Apollo asks each of its plugins at each step and awaits all answers, also of those that have nothing to do there. */
export function asOnePlugin(plugins: readonly RequestPlugin[]): ApolloServerPlugin<RequestContext> {
  const having = <Step extends keyof RequestPlugin>(step: Step) =>
    plugins.filter((plugin): plugin is RequestPlugin & Required<Pick<RequestPlugin, Step>> => step in plugin);
  const resolved = having('didResolveOperation');
  const failed = having('didEncounterErrors');
  const responding = having('responseForOperation');
  const sending = having('willSendResponse');
  const all: Required<RequestPlugin> = {
    didResolveOperation: async (context) => {
      await Promise.all(resolved.map((plugin) => plugin.didResolveOperation(context)));
    },
    didEncounterErrors: async (context) => {
      await Promise.all(failed.map((plugin) => plugin.didEncounterErrors(context)));
    },
    responseForOperation: async (context) => {
      for (const plugin of responding) {
        const response = await plugin.responseForOperation(context);
        if (response !== null) return response;
      }
      return null;
    },
    willSendResponse: async (context) => {
      await Promise.all(sending.map((plugin) => plugin.willSendResponse(context)));
    },
  };
  return { requestDidStart: async () => all };
}
