import type { RequestPlugin } from './request-plugin.ts';

/** Adds what there is to say about answers that found nothing as `extensions.hints`. */
export const hintsPlugin: RequestPlugin = {
  async willSendResponse({ contextValue, response }) {
    const { hints } = contextValue.typeHints;
    if (response.body.kind !== 'single' || hints.length === 0) return;
    const { singleResult } = response.body;
    singleResult.extensions = { ...singleResult.extensions, hints };
  },
};
