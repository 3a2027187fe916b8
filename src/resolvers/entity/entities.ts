import type { GraphQLResolveInfo } from 'graphql';
import type { EntityPageQuery } from '../../domain/filter/page-position.ts';
import { resolveOrder } from '../../domain/filter/resolve-order.ts';
import type { QueryEntitiesArgs } from '../../generated/resolver-types.ts';
import { decodeCursor } from '../../paging/entity-cursor.ts';
import { type EntityPage, type PageSelection, readEntityPage } from '../../paging/entity-page.ts';
import { pageWindow } from '../../paging/page-window.ts';
import { entitySelection } from '../entity-selection.ts';
import { readRequirement } from '../freshness/field-freshness.ts';
import { hintUnknownType } from '../hint-unknown-type.ts';
import type { RequestContext } from '../request-context.ts';
import { projectedAttributes } from './projected-attributes.ts';
import { selectedFields } from './selected-fields.ts';

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED | ATTRIBUTE_* | BAD_FRESHNESS, and those of the reads. */
export async function entities(
  given: QueryEntitiesArgs,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<EntityPage> {
  const { key } = context.tokenScope;
  const requirement = await readRequirement(given, context, info);
  const selection = entitySelection(given, context);
  const order = resolveOrder(given.orderBy, context.catalog);
  const window = pageWindow(given, isArgumentGiven(info, 'first'), context.limits.maxPageSize);
  const query: EntityPageQuery = {
    ...selection,
    order,
    from: window.cursor === null ? null : decodeCursor(window.cursor, selection, order, key),
    direction: window.direction,
    limit: window.size,
    projection: projectedAttributes(context, info),
  };
  const page = await readEntityPage(query, pageSelection(info), requirement, context.reads, key);
  await hintUnknownType(await page.isEmpty(), selection, requirement, context);
  return page;
}

/** Which fields of the connection need a read. For its page info, that depends on the direction too. */
function pageSelection(info: GraphQLResolveInfo): PageSelection {
  const connection = selectedFields(info.fieldNodes, info);
  const pageInfo = selectedFields(connection.get('pageInfo') ?? [], info);
  return {
    rows: ['edges', 'pageInfo', 'freshness'].some((field) => connection.has(field)),
    totalCount: connection.has('totalCount'),
    hasNextPage: pageInfo.has('hasNextPage'),
    hasPreviousPage: pageInfo.has('hasPreviousPage'),
  };
}

/** Whether the query itself sets the argument, so that its value is not the schema's default. */
function isArgumentGiven({ fieldNodes, variableValues }: GraphQLResolveInfo, name: string): boolean {
  const value = fieldNodes[0]?.arguments?.find((argument) => argument.name.value === name)?.value;
  if (value === undefined || value.kind === 'NullValue') return false;
  return value.kind !== 'Variable' || variableValues[value.name.value] != null;
}
