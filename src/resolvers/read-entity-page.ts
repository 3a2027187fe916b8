import type { GraphQLResolveInfo } from 'graphql';
import type { EntityPageQuery } from '../datasources/entity-reader.ts';
import { resolveOrder } from '../domain/filter/resolve-order.ts';
import type { QueryEntitiesArgs } from '../generated/resolver-types.ts';
import { isArgumentGiven, pageWindow } from '../paging/page-arguments.ts';
import { decodeCursor, questionFingerprint } from '../paging/page-cursor.ts';
import { EntityPage } from './entity-page.ts';
import { entitySelection } from './entity-selection.ts';
import { readRequirement } from './field-freshness.ts';
import type { RequestContext } from './request-context.ts';

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED | ATTRIBUTE_* | BAD_FRESHNESS, and those of EntityReads */
export async function readEntityPage(
  given: QueryEntitiesArgs,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<EntityPage> {
  const selection = entitySelection(given, context);
  const order = resolveOrder(given.orderBy, context.catalog);
  const window = pageWindow(given, isArgumentGiven(info, 'first'), context.limits.maxPageSize);
  const fingerprint = questionFingerprint(selection, order);
  const query: EntityPageQuery = {
    ...selection,
    order,
    from: window.cursor === null ? null : decodeCursor(window.cursor, fingerprint, order),
    direction: window.direction,
    limit: window.size + 1,
  };
  const requirement = readRequirement(given, context, info);
  const answer = await context.reads.entityPage(query, requirement);
  return new EntityPage({ query, requirement, answer, fingerprint }, context);
}
