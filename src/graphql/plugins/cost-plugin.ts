import { GraphQLError } from 'graphql';
import { AtlasError } from '../../domain/errors.ts';
import { estimateCost } from '../cost/estimate-cost.ts';
import { statusOfRefusal } from '../request/error-formatter.ts';
import { TenantLimitReached } from '../tenants/tenant-limit-reached.ts';
import type { RequestPlugin } from './request-plugin.ts';

/** Refuses an operation that costs too much, or more than its tenant has left, before it runs, and reports its cost in `extensions.cost`. */
export const costPlugin: RequestPlugin = {
  async didResolveOperation({ schema, document, operation, request, response, contextValue }) {
    if (operation == null) return;
    try {
      const { cost } = contextValue;
      const costed = { schema, document, operation, variables: request.variables ?? {} };
      await cost.estimate(estimateCost(costed, cost.limit));
    } catch (error) {
      if (!(error instanceof AtlasError)) throw error;
      if (error instanceof TenantLimitReached) response.http.headers.set('retry-after', error.retryAfter);
      const status = error.code === 'LIMIT_EXCEEDED' ? 429 : statusOfRefusal(error.code);
      throw new GraphQLError(error.message, { originalError: error, extensions: { http: { status } } });
    }
  },
  async willSendResponse({ contextValue, response }) {
    if (response.body.kind !== 'single') return;
    const { requested, limit } = contextValue.cost;
    const { singleResult } = response.body;
    singleResult.extensions = { ...singleResult.extensions, cost: { requested, limit } };
  },
};
