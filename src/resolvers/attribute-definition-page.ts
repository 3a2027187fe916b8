import type { AttributeDefinition } from '../domain/catalog/attribute.ts';
import { AtlasError } from '../domain/errors.ts';
import type {
  AttributeDefinitionFilter,
  QueryAttributeDefinitionsArgs,
  ResolversTypes,
} from '../generated/resolver-types.ts';
import { pageWindow } from '../paging/page-arguments.ts';
import type { RequestContext } from './request-context.ts';

/** A page in key order, from memory. Its cursors are keys, so they hold whatever else is defined meanwhile. */
export function attributeDefinitionPage(
  { filter, first, after }: QueryAttributeDefinitionsArgs,
  { catalog, limits }: RequestContext,
): ResolversTypes['AttributeDefinitionConnection'] {
  const { size } = pageWindow({ first: first ?? null }, true, limits.maxPageSize);
  const listed = filter?.keys?.length ?? 0;
  const limit = limits.maxBatchIds;
  if (listed > limit) {
    throw new AtlasError('LIMIT_EXCEEDED', `The filter lists ${listed} keys: give at most ${limit}.`);
  }
  const matching = catalog.all().filter((definition) => matches(definition, filter ?? {}));
  const start = after == null ? 0 : startAfter(matching, decodeCursor(after));
  const edges = matching.slice(start, start + size).map((node) => ({ cursor: encodeCursor(node.key), node }));
  return {
    edges,
    totalCount: matching.length,
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasNextPage: () => start + size < matching.length,
      hasPreviousPage: () => start > 0,
    },
  };
}

function matches(definition: AttributeDefinition, filter: AttributeDefinitionFilter): boolean {
  const { key, type, entityTypes, filterable, exposed, hotColumn } = definition;
  return (
    (filter.keys?.includes(key) ?? true) &&
    (filter.keyStartsWith == null || key.startsWith(filter.keyStartsWith)) &&
    (filter.types?.includes(type) ?? true) &&
    (filter.entityType == null || entityTypes.length === 0 || entityTypes.includes(filter.entityType)) &&
    (filter.filterable ?? filterable) === filterable &&
    (filter.exposed ?? exposed) === exposed &&
    (filter.hot ?? hotColumn !== null) === (hotColumn !== null)
  );
}

function startAfter(definitions: readonly AttributeDefinition[], key: string): number {
  const index = definitions.findIndex((definition) => definition.key > key);
  return index === -1 ? definitions.length : index;
}

const MARK = 'key:';

function encodeCursor(key: string): string {
  return Buffer.from(`${MARK}${key}`, 'utf8').toString('base64url');
}

function decodeCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (text.startsWith(MARK)) return text.slice(MARK.length);
  throw new AtlasError('BAD_USER_INPUT', 'The cursor is malformed: give one that attributeDefinitions returned.');
}
