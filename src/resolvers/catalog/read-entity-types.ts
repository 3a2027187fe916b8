import type { GraphQLResolveInfo } from 'graphql';
import { type AttributeUse, attributeUse } from '../../datasources/questions/attribute-use.ts';
import { entityTypes } from '../../datasources/questions/entity-types.ts';
import type { AttributeDefinition, AttributeId, TenantCatalog } from '../../domain/catalog/attribute.ts';
import { combineReads } from '../../freshness/combine-reads.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { QueryEntityTypesArgs, ResolversTypes } from '../../generated/resolver-types.ts';
import { compareUtf8 } from '../../lib/compare-utf8.ts';
import { forwardSize } from '../../paging/page-window.ts';
import { malformedCursor, signCursor, verifyCursor } from '../../paging/signed-cursor.ts';
import { selectedFields } from '../entity/selected-fields.ts';
import type { RequestContext } from '../request-context.ts';
import { refreshCatalog } from './request-catalog.ts';

/**
 * A page of the types of stored entities and of those that the catalog knows. What is not selected is not read.
 * @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED, and those of the reads.
 */
export async function readEntityTypes(
  { first, after }: QueryEntityTypesArgs,
  requirement: FreshnessRequirement,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<ResolversTypes['EntityTypeConnection']> {
  const { tenantId, reads, limits } = context;
  const { key } = context.tokenScope;
  const size = forwardSize(first, limits.maxPageSize);
  const from = after == null ? '' : nameIn(verifyCursor(after, 'entityTypes', key), tenantId);
  const selected = selectedTypeFields(info);
  const isCounted = selected.has('entityCount');
  // One more than the page has shows whether more follow.
  const stored = await reads.ask(
    entityTypes({ tenantId, from, isFromIncluded: false, limit: size + 1, isCounted }),
    requirement,
  );
  const counts = new Map(stored.data.map(({ type, entities }) => [type, entities]));
  const listed = byType(context.catalog.all(), (definition) => definition.entityTypes);
  const described = context.catalog.typeDescriptions;
  const following = [...listed.keys(), ...described.keys()].filter((name) => compareUtf8(name, from) > 0);
  const names = [...new Set([...counts.keys(), ...following])].sort(compareUtf8);
  const page = names.slice(0, size);
  const types = page.filter((name) => counts.has(name));
  const used =
    selected.has('attributes') && types.length > 0
      ? await reads.ask(attributeUse({ tenantId, types }), requirement)
      : null;
  await definitionsArrived(used?.data ?? [], context);
  const uses = byType(used?.data ?? [], ({ type }) => [type]);
  const edges = page.map((name) => ({
    cursor: signCursor([tenantId, name], 'entityTypes', key),
    node: {
      name,
      description: described.get(name) ?? null,
      entityCount: counts.get(name) ?? 0n, // if it is not selected, nobody sees it
      attributes: attributesOf(uses.get(name) ?? [], listed.get(name) ?? [], context.catalog),
    },
  }));
  return {
    edges,
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasNextPage: () => names.length > size,
      hasPreviousPage: () => after != null,
    },
    freshness: combineReads([...stored.reads, ...(used?.reads ?? [])]),
  };
}

function selectedTypeFields(info: GraphQLResolveInfo): ReturnType<typeof selectedFields> {
  const edges = selectedFields(info.fieldNodes, info).get('edges') ?? [];
  return selectedFields(selectedFields(edges, info).get('node') ?? [], info);
}

/** Each item under all of its types. */
function byType<Item>(
  items: readonly Item[],
  typesOf: (item: Item) => readonly string[],
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    for (const type of typesOf(item)) {
      const group = groups.get(type);
      if (group === undefined) groups.set(type, [item]);
      else group.push(item);
    }
  }
  return groups;
}

/** An attribute whose definition has not arrived is never left out: the catalog is read again. */
async function definitionsArrived(uses: readonly AttributeUse[], context: RequestContext): Promise<void> {
  const { catalog } = context;
  const isKnown = (id: AttributeId) => catalog.byId(id) !== undefined || catalog.restriction?.hidesId(id) === true;
  if (!uses.every(({ attributeId }) => isKnown(attributeId))) await refreshCatalog(context);
}

/** @param catalog What the caller may read: values of other attributes may be stored. */
function attributesOf(
  uses: readonly AttributeUse[],
  listed: readonly AttributeDefinition[],
  catalog: TenantCatalog,
): { readonly definition: AttributeDefinition; readonly entityCount: bigint }[] {
  const counts = new Map(listed.map((definition) => [definition.id, { definition, entityCount: 0n }]));
  for (const { attributeId, entities: entityCount } of uses) {
    const definition = catalog.byId(attributeId);
    const isInUse = definition?.retiredAt === null && definition.storage.deleted !== true;
    if (isInUse) counts.set(attributeId, { definition, entityCount });
  }
  return [...counts.values()].sort((a, b) => compareUtf8(a.definition.key, b.definition.key));
}

/** @throws AtlasError BAD_USER_INPUT for a cursor of another tenant. */
function nameIn([tenant, name]: readonly unknown[], tenantId: number): string {
  if (tenant !== tenantId || typeof name !== 'string') throw malformedCursor();
  return name;
}
