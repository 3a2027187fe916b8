import type { GraphQLResolveInfo } from 'graphql';
import { entityPage as pageQuestion } from '../../datasources/questions/entity-page.ts';
import { notFilterable } from '../../domain/catalog/attribute-lookup.ts';
import type { EntityRecord } from '../../domain/entity.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { EntityPageQuery } from '../../domain/filter/page-position.ts';
import { resolveOrder } from '../../domain/filter/resolve-order.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import { PAST_DEFAULT } from '../../freshness/resolve-requirement.ts';
import type { EntityReferencedByArgs, QueryEntitiesArgs } from '../../generated/resolver-types.ts';
import type { LoadedEntity } from '../../loaders/entity-loader.ts';
import { decodeCursor } from '../../paging/entity-cursor.ts';
import { type EntityPage, type PageSelection, type PageSource, readEntityPage } from '../../paging/entity-page.ts';
import { pageWindow } from '../../paging/page-window.ts';
import { PastPages } from '../../paging/past-pages.ts';
import { catchUp } from '../catalog/request-catalog.ts';
import { entitySelection, type SelectedEntities } from '../entity-selection.ts';
import { readRequirement, refinedRequirement } from '../freshness/field-freshness.ts';
import { hintUnknownType } from '../hint-unknown-type.ts';
import { type AskedMoment, momentOf, requirementFor } from '../history/entity-as-of.ts';
import { hasTargets } from '../referenced-targets.ts';
import type { RequestContext } from '../request-context.ts';
import { attributeOfType } from './attribute-of-type.ts';
import { projectedAttributes } from './projected-attributes.ts';
import { selectedFields } from './selected-fields.ts';

/** Of an entity that has changed since: it is read as it is, and with what led to it. */
const COST_OF_CHANGED = 2;

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED | ATTRIBUTE_* | BAD_FRESHNESS, and those of the reads. */
export async function entities(
  given: QueryEntitiesArgs,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<EntityPage> {
  const moment = momentOf(given, context);
  if (moment === null) {
    const requirement = await readRequirement(given, context, info);
    return entityPage(given, await entitySelection(given, requirement, context), requirement, context, info);
  }
  const requirement = await readRequirement(given, context, info, [], PAST_DEFAULT);
  return pastPage(given, moment, requirement, context, info);
}

async function pastPage(
  given: QueryEntitiesArgs,
  moment: AskedMoment,
  requirement: FreshnessRequirement,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<EntityPage> {
  if (given.filter != null && hasTargets(given.filter)) {
    throw new AtlasError('BAD_USER_INPUT', 'As of a moment, the filter cannot have conditions on targets.', {
      hint: 'Filter by the id that the reference has, or by attributes of the entity itself.',
    });
  }
  if (selectedFields(info.fieldNodes, info).has('totalCount')) {
    throw new AtlasError('BAD_USER_INPUT', 'totalCount is not known as of a moment.', {
      hint: 'Leave totalCount out.',
    });
  }
  const { reads, limits, shards, cost } = context;
  const ids = shards.shards.map(({ id }) => id);
  // The strictest of all shards: their clocks differ.
  const needed = ids.reduce((strictest, shard) => requirementFor(moment, shard, strictest, context), requirement);
  const past = new PastPages({
    ...{ reads, shards: ids, requirement: needed, mostChanged: limits.maxPastChanges },
    moment: 'at' in moment ? moment : { before: moment.token.positions },
    onChanged: (entities) =>
      cost.add(
        COST_OF_CHANGED * entities,
        `${entities} entities that have changed since`,
        'Name a type, or give a later moment',
      ),
  });
  return entityPage(given, await entitySelection(given, needed, context), needed, context, info, past);
}

/**
 * The entities that refer to another one, as fresh as that one if the field requires nothing else. First pages, and counts, of whatever refers to the entities of a list are read together.
 * @throws AtlasError as `entities`, ATTRIBUTE_TYPE_MISMATCH
 */
export async function referencedBy(
  { entity, freshness }: LoadedEntity<EntityRecord>,
  given: EntityReferencedByArgs,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<EntityPage> {
  const requirement = refinedRequirement(freshness.requested, given, context, info) ?? freshness.requested;
  await catchUp(requirement, context);
  const attribute = attributeOfType(context.catalog, given.key, 'REFERENCE');
  if (!attribute.filterable) throw notFilterable(attribute);
  const selection = await entitySelection(given, requirement, context);
  const refers = { kind: 'attribute', attribute, predicate: { operator: 'eq', operand: entity.id } } as const;
  const filters = [refers, selection.filter];
  const asked = selection.asked === undefined ? {} : { asked: [given.key, entity.id, selection.asked] };
  const { tenantId, type } = selection;
  const referring = (alone: EntityPageQuery) => {
    const { limit, projection } = alone;
    return { target: entity.id, window: { tenantId, attribute, limit, projection }, alone };
  };
  const source: PageSource = {
    isPast: false,
    read: (query) =>
      isFirstPage(query)
        ? context.referencing.firstPage(referring(query), requirement)
        : context.reads.ask(pageQuestion(query), requirement),
    count: (query) => context.referencing.count(referring(query), requirement),
  };
  // Read together, pages of a type would pass over all that refers to their targets and is of another.
  const isAnything = type === null && selection.filter.kind === 'and' && selection.filter.filters.length === 0;
  const selected = { ...selection, ...asked, filter: { kind: 'and', filters } } as const;
  return entityPage(given, selected, requirement, context, info, isAnything ? source : null);
}

/** In the order of ids. */
function isFirstPage({ order, from, direction }: EntityPageQuery): boolean {
  return order.length === 0 && from === null && direction === 'FORWARD';
}

async function entityPage(
  given: QueryEntitiesArgs,
  { targetReads, ...selection }: SelectedEntities,
  requirement: FreshnessRequirement,
  context: RequestContext,
  info: GraphQLResolveInfo,
  source: PageSource | null = null,
): Promise<EntityPage> {
  const { key } = context.tokenScope;
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
  const page = await readEntityPage(query, pageSelection(info), requirement, context.reads, key, targetReads, source);
  if (source?.isPast !== true) await hintUnknownType(await page.isEmpty(), selection, requirement, context);
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
