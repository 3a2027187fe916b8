import type { KeyObject } from 'node:crypto';
import type { TenantId } from '../domain/identifiers.ts';
import type { PageInfo } from './page-info.ts';
import { malformedCursor, signCursor, verifyCursor } from './signed-cursor.ts';

interface Keyed {
  readonly key: string;
}

export interface KeyPage<Item extends Keyed> {
  readonly edges: readonly { readonly cursor: string; readonly node: Item }[];
  readonly totalCount: number;
  readonly pageInfo: PageInfo;
}

/** Whose list it is, and what signs its cursors. */
export interface KeyPageScope {
  readonly tenantId: TenantId;
  readonly signingKey: KeyObject;
}

/**
 * A page of a tenant's list of definitions in memory. Its cursors hold tenant and key, so they stay valid when the list grows.
 * @param items in the order of their keys.
 * @throws AtlasError BAD_USER_INPUT if the cursor is malformed, was changed, or belongs to another tenant.
 */
export function keyPage<Item extends Keyed>(
  items: readonly Item[],
  size: number,
  after: string | null,
  scope: KeyPageScope,
): KeyPage<Item> {
  const start = after === null ? 0 : startAfter(items, keyIn(after, scope));
  const edges = items.slice(start, start + size).map((node) => ({
    cursor: signCursor([scope.tenantId, node.key], 'attributeDefinitions', scope.signingKey),
    node,
  }));
  return {
    edges,
    totalCount: items.length,
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasNextPage: () => start + size < items.length,
      hasPreviousPage: () => start > 0,
    },
  };
}

function startAfter(items: readonly Keyed[], key: string): number {
  const index = items.findIndex((item) => item.key > key);
  return index === -1 ? items.length : index;
}

function keyIn(cursor: string, { tenantId, signingKey }: KeyPageScope): string {
  const [tenant, key] = verifyCursor(cursor, 'attributeDefinitions', signingKey);
  if (tenant !== tenantId || typeof key !== 'string') throw malformedCursor();
  return key;
}
