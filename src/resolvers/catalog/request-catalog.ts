import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { RequestContext } from '../request-context.ts';

/**
 * Brings the request's view of the catalog to the token of a requirement. Undefined if it is there already.
 * @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT if the catalog's home shard does not answer
 */
export function catchUp({ after }: FreshnessRequirement, context: RequestContext): Promise<void> | undefined {
  const needed = after?.catalogRevision ?? 0;
  if (needed <= context.catalog.latestRevision) return undefined;
  return context.attributes.atLeast(needed, context.signal).then(() => useLatest(context));
}

/**
 * Brings the request's view of the catalog to what the home shard contains now.
 * @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT
 */
export async function refreshCatalog(context: RequestContext): Promise<void> {
  await context.attributes.refresh(context.signal);
  useLatest(context);
}

function useLatest(context: RequestContext): void {
  context.catalog = context.attributes.forTenant(context.tenantId);
}
