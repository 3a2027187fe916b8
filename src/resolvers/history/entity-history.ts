import type { HistoryPosition } from '../../datasources/questions/entity-history.ts';
import { attributeByKey } from '../../domain/catalog/attribute-lookup.ts';
import { CHANGE_OPERATIONS, type ChangeOperation, type EntityChangeRecord } from '../../domain/entity-change.ts';
import type { EntityId } from '../../domain/identifiers.ts';
import { combineReads } from '../../freshness/combine-reads.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { EntityHistoryArgs, ResolversTypes } from '../../generated/resolver-types.ts';
import { forwardSize } from '../../paging/page-window.ts';
import { malformedCursor, signCursor, verifyCursor } from '../../paging/signed-cursor.ts';
import type { RequestContext } from '../request-context.ts';

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED | ATTRIBUTE_UNKNOWN, and those of the reads. */
export async function entityHistoryPage(
  id: EntityId,
  { keys, first, after, from, to }: Omit<EntityHistoryArgs, 'freshness'>,
  requirement: FreshnessRequirement,
  { tenantId, histories, catalog, limits, tokenScope: { key } }: RequestContext,
): Promise<ResolversTypes['EntityChangeConnection']> {
  const shown = keys == null ? null : new Set(keys.map((name) => attributeByKey(catalog, name).id));
  const { changes, hasMore, start, reads } = await histories.load(
    id,
    {
      attributes: shown === null ? null : [...shown],
      from: from?.getTime() ?? null,
      to: to?.getTime() ?? null,
      after: after == null ? null : positionIn(verifyCursor(after, 'history', key), tenantId, id),
      limit: forwardSize(first, limits.maxPageSize),
    },
    requirement,
  );
  const edges = changes.map((record) => ({
    cursor: signCursor([tenantId, id, ...positionOf(record)], 'history', key),
    node: { record, shown },
  }));
  return {
    edges,
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasNextPage: () => hasMore,
      hasPreviousPage: () => after != null,
    },
    completeSince: start?.at ?? null,
    freshness: combineReads(reads),
  };
}

function positionOf({ createdAt, version, operation, lsn }: EntityChangeRecord): readonly unknown[] {
  return [createdAt.getTime(), String(version ?? 0n), operation, String(lsn)];
}

/** @throws AtlasError BAD_USER_INPUT for a cursor of another tenant or entity. */
function positionIn(content: readonly unknown[], tenantId: number, id: EntityId): HistoryPosition {
  const [tenant, entity, createdAt, version, operation, lsn] = content;
  if (tenant !== tenantId || entity !== id || typeof createdAt !== 'number' || !isOperation(operation)) {
    throw malformedCursor();
  }
  return { createdAt, version: BigInt(String(version)), operation, lsn: BigInt(String(lsn)) };
}

function isOperation(text: unknown): text is ChangeOperation {
  return CHANGE_OPERATIONS.some((operation) => operation === text);
}
