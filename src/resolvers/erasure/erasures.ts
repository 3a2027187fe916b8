import { AtlasError } from '../../domain/errors.ts';
import { parseEntityId } from '../../domain/identifiers.ts';
import type { RequestContext } from '../request-context.ts';
import type { ErasureNode } from './erasure.ts';

const MAX_FIRST = 100;

/** Read from the primary of the entity's shard. @throws AtlasError BAD_USER_INPUT | SHARD_UNAVAILABLE | TIMEOUT */
export function erasures(
  { entityId, first = 10 }: { readonly entityId: string; readonly first?: number | null },
  { eraser, tenantId, signal }: RequestContext,
): Promise<readonly ErasureNode[]> {
  const limit = first ?? 10;
  if (limit < 1 || limit > MAX_FIRST) {
    throw new AtlasError('BAD_USER_INPUT', `first is ${limit}; expected 1 to ${MAX_FIRST}.`);
  }
  return eraser.list(tenantId, parseEntityId(entityId), limit, signal);
}
