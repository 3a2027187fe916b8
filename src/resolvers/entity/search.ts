import type { GraphQLResolveInfo } from 'graphql';
import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { filterableAttribute } from '../../domain/catalog/attribute-lookup.ts';
import { AtlasError } from '../../domain/errors.ts';
import { overLimit } from '../../domain/over-limit.ts';
import { searchWords } from '../../domain/search/search-words.ts';
import type { QuerySearchArgs } from '../../generated/resolver-types.ts';
import { forwardSize } from '../../paging/page-window.ts';
import { readSearchPage, type SearchPage } from '../../paging/search-page.ts';
import { entitySelection } from '../entity-selection.ts';
import { readRequirement } from '../freshness/field-freshness.ts';
import { hintUnknownType } from '../hint-unknown-type.ts';
import type { RequestContext } from '../request-context.ts';
import { projectedAttributes } from './projected-attributes.ts';

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED | ATTRIBUTE_* | BAD_FRESHNESS, and those of the reads. */
export async function search(
  given: QuerySearchArgs,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<SearchPage> {
  const requirement = await readRequirement(given, context, info);
  const { reads, limits, tokenScope } = context;
  const size = forwardSize(given.first, limits.maxPageSize);
  const cursor = given.after ?? null;
  const { targetReads, ...selection } = await entitySelection(given, requirement, context);
  const query = {
    ...selection,
    words: searchWords(given.text, limits.maxSearchWords),
    attributes: searchedAttributes(given.keys ?? null, context),
    limit: size,
    projection: projectedAttributes(context, info),
  };
  const page = await readSearchPage(query, cursor, requirement, reads, tokenScope.key, targetReads);
  await hintUnknownType(page.rows.length === 0 && cursor === null, query, requirement, context);
  return page;
}

/** In the order of their keys, so that a search is the same in whatever order they are given. */
function searchedAttributes(
  keys: readonly string[] | null,
  { catalog, limits: { maxSearchKeys } }: RequestContext,
): readonly AttributeDefinition[] {
  if (keys === null) {
    const all = catalog.all().filter(({ type, filterable }) => type === 'TEXT' && filterable);
    if (all.length === 0) {
      throw new AtlasError(
        'BAD_USER_INPUT',
        'There is no attribute to search in; expected a filterable TEXT attribute.',
      );
    }
    if (all.length <= maxSearchKeys) return all;
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `There are ${all.length} attributes to search in; the limit is ${maxSearchKeys}. List some in keys.`,
      { hint: overLimit('List some in keys', 'ATLAS_MAX_SEARCH_KEYS') },
    );
  }
  if (keys.length === 0) throw new AtlasError('BAD_USER_INPUT', 'keys is empty; expected at least one key.');
  if (keys.length > maxSearchKeys) {
    throw new AtlasError('LIMIT_EXCEEDED', `keys has ${keys.length} keys; the limit is ${maxSearchKeys}.`, {
      hint: overLimit('List fewer keys', 'ATLAS_MAX_SEARCH_KEYS'),
    });
  }
  if (new Set(keys).size < keys.length) throw new AtlasError('BAD_USER_INPUT', 'keys has a key twice.');
  return [...keys].sort().map((key) => textAttribute(key, catalog));
}

function textAttribute(key: string, catalog: RequestContext['catalog']): AttributeDefinition {
  const attribute = filterableAttribute(catalog, key);
  if (attribute.type === 'TEXT') return attribute;
  throw new AtlasError(
    'ATTRIBUTE_TYPE_MISMATCH',
    `Attribute "${key}" has type ${attribute.type}; search requires TEXT attributes.`,
  );
}
