import type { ApolloServerPlugin } from '@apollo/server';
import type { RequestContext } from '../../resolvers/request-context.ts';

/** Adds what there is to say about answers that found nothing as `extensions.hints`. */
export const hintsPlugin: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ contextValue, response }) {
        const { hints } = contextValue.typeHints;
        if (response.body.kind !== 'single' || hints.length === 0) return;
        const { singleResult } = response.body;
        singleResult.extensions = { ...singleResult.extensions, hints };
      },
    };
  },
};
