import { type AuditPosition, auditPage } from '../datasources/questions/audit-page.ts';
import type { AttributeDefinition } from '../domain/catalog/attribute.ts';
import { parseEntityId } from '../domain/identifiers.ts';
import { combineReads } from '../freshness/combine-reads.ts';
import type { FreshnessRequirement } from '../freshness/freshness.ts';
import type { QueryAuditLogArgs, ResolversTypes } from '../generated/resolver-types.ts';
import { forwardSize } from '../paging/page-window.ts';
import { malformedCursor, signCursor, verifyCursor } from '../paging/signed-cursor.ts';
import type { RequestContext } from './request-context.ts';

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED, and those of the reads. */
export async function auditLog(
  { entityId, subject, from, to, first, after }: QueryAuditLogArgs,
  requirement: FreshnessRequirement,
  { tenantId, reads, catalog, limits, tokenScope: { key } }: RequestContext,
): Promise<ResolversTypes['AuditConnection']> {
  const size = forwardSize(first, limits.maxPageSize);
  const question = auditPage({
    tenantId,
    entityId: entityId == null ? null : parseEntityId(entityId),
    subject: subject ?? null,
    from: from?.getTime() ?? null,
    to: to?.getTime() ?? null,
    after: after == null ? null : positionIn(verifyCursor(after, 'audit', key), tenantId),
    limit: size,
  });
  const { data, reads: made } = await reads.ask(question, requirement);
  const edges = data.entries.map(({ attributeId, ...entry }) => ({
    cursor: signCursor([tenantId, entry.at.getTime(), entry.shard, String(entry.id)], 'audit', key),
    node: { ...entry, attribute: attributeId === null ? null : keyOf(catalog.byId(attributeId)) },
  }));
  return {
    edges,
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasNextPage: () => data.hasMore,
      hasPreviousPage: () => after != null,
    },
    freshness: combineReads(made),
  };
}

/** Null for an attribute that is not known any more. */
function keyOf(definition: AttributeDefinition | undefined): string | null {
  return definition === undefined || definition.storage.deleted === true ? null : definition.key;
}

/** @throws AtlasError BAD_USER_INPUT for a cursor of another tenant. */
function positionIn([tenant, at, shard, id]: readonly unknown[], tenantId: number): AuditPosition {
  if (tenant !== tenantId || typeof at !== 'number' || typeof shard !== 'string') throw malformedCursor();
  return { at, shard, id: BigInt(String(id)) };
}
