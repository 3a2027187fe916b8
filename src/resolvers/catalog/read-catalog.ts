import type { GraphQLResolveInfo } from 'graphql';
import type { TenantCatalog } from '../../domain/catalog/attribute.ts';
import type { FreshnessArguments } from '../../freshness/parse-freshness.ts';
import { readRequirement } from '../freshness/field-freshness.ts';
import type { RequestContext } from '../request-context.ts';
import { refreshCatalog } from './request-catalog.ts';

/**
 * The catalog for a field that reads definitions: REALTIME reads the home shard; the other classes are served from memory,
 * which contains at least the token.
 * @throws AtlasError BAD_FRESHNESS | SHARD_UNAVAILABLE | TIMEOUT
 */
export async function readCatalog(
  given: { readonly freshness?: FreshnessArguments | null },
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<TenantCatalog> {
  const requirement = await readRequirement(given, context, info);
  if (requirement.class === 'REALTIME') await refreshCatalog(context);
  context.collector.cover({ positions: new Map(), catalogRevision: context.catalog.latestRevision });
  return context.catalog;
}
