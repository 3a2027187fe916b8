import type { TenantId } from '../domain/identifiers.ts';

/** Entities in the order in which a pass visits them: by tenant, then by id. */
export interface EntityKey {
  readonly tenantId: TenantId;
  readonly entityId: bigint;
}

/** The entities after one key, up to and including another. */
export interface EntityRange {
  readonly after: EntityKey;
  readonly upTo: EntityKey;
}

/** Beyond every bigint that Postgres stores. */
const LAST_ENTITY = 2n ** 63n - 1n;
const LAST_TENANT = 2 ** 31 - 1;

/** Everything that one tenant has, or all of them. */
export function wholeRange(tenantId: TenantId | null): EntityRange {
  if (tenantId === null) {
    return { after: { tenantId: -1, entityId: 0n }, upTo: { tenantId: LAST_TENANT, entityId: LAST_ENTITY } };
  }
  return { after: { tenantId: tenantId - 1, entityId: LAST_ENTITY }, upTo: { tenantId, entityId: LAST_ENTITY } };
}

export function isEmpty({ after, upTo }: EntityRange): boolean {
  return compareKeys(after, upTo) >= 0;
}

export function compareKeys(a: EntityKey, b: EntityKey): number {
  if (a.tenantId !== b.tenantId) return a.tenantId - b.tenantId;
  return a.entityId < b.entityId ? -1 : a.entityId > b.entityId ? 1 : 0;
}

/** Identifies an entity of a shard in maps. */
export function keyText({ tenantId, entityId }: EntityKey): string {
  return `${tenantId}/${entityId}`;
}
