import { freshnessHeaders } from '../../freshness/freshness-summary.ts';
import { wholeToken } from '../../resolvers/freshness/response-token.ts';
import type { RequestPlugin } from './request-plugin.ts';

/**
 * Reports the freshness of a response in its extensions and headers, with the token of what it read and wrote. This includes
 * responses with errors, because their data was read as well.
 */
export const freshnessPlugin: RequestPlugin = {
  async willSendResponse({ contextValue, response }) {
    if (response.body.kind !== 'single') return;
    const token = wholeToken(contextValue);
    const summary = contextValue.collector.summary();
    if (token === null || summary === null) return;
    response.http.headers.set('x-consistency-token', token);
    const { singleResult } = response.body;
    singleResult.extensions = { ...singleResult.extensions, freshness: { ...summary, token } };
    for (const [name, value] of freshnessHeaders(summary)) response.http.headers.set(name, value);
  },
};
