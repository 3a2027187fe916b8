import { AtlasError } from '../domain/errors.ts';
import type { PageInfo } from './page-info.ts';

interface Keyed {
  readonly key: string;
}

export interface KeyPage<Item extends Keyed> {
  readonly edges: readonly { readonly cursor: string; readonly node: Item }[];
  readonly totalCount: number;
  readonly pageInfo: PageInfo;
}

/**
 * A page of a list in memory. Its cursors are keys, so they stay valid when the list grows.
 * @param items in the order of their keys.
 * @throws AtlasError BAD_USER_INPUT if the cursor is malformed.
 */
export function keyPage<Item extends Keyed>(items: readonly Item[], size: number, after: string | null): KeyPage<Item> {
  const start = after === null ? 0 : startAfter(items, decodeCursor(after));
  const edges = items.slice(start, start + size).map((node) => ({ cursor: encodeCursor(node.key), node }));
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

const MARK = 'key:';

function encodeCursor(key: string): string {
  return Buffer.from(`${MARK}${key}`, 'utf8').toString('base64url');
}

function decodeCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (text.startsWith(MARK)) return text.slice(MARK.length);
  throw new AtlasError('BAD_USER_INPUT', 'The cursor is malformed; expected one that attributeDefinitions returned.');
}
