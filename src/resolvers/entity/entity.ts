import type { GraphQLResolveInfo } from 'graphql';
import type { AttributeDefinition, AttributeId } from '../../domain/catalog/attribute.ts';
import { attributeByKey } from '../../domain/catalog/attribute-lookup.ts';
import { type EntityRecord, stamped, whole } from '../../domain/entity.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { EntityId } from '../../domain/identifiers.ts';
import { overLimit } from '../../domain/over-limit.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { EntityResolvers } from '../../generated/resolver-types.ts';
import { exists, type LoadedEntity } from '../../loaders/entity-loader.ts';
import { refreshCatalog } from '../catalog/request-catalog.ts';
import { readRequirement } from '../freshness/field-freshness.ts';
import { entityHistoryPage } from '../history/entity-history.ts';
import type { RequestContext } from '../request-context.ts';
import { type AttributeNode, attributeNode } from './attribute.ts';
import { referencedBy } from './entities.ts';
import { projectedAttributes } from './projected-attributes.ts';
import { referencedEntity } from './reference.ts';
import { fromServingEntity } from './serving-entity.ts';
import { typedValue } from './typed-field.ts';

/** An entity that exists, with the measurements of the read that found it. */
export type EntityNode = LoadedEntity<EntityRecord>;

/** Null if there is no such entity. */
export function entityNode(loaded: LoadedEntity): EntityNode | null {
  return exists(loaded) ? loaded : null;
}

/**
 * The entities of a list of ids, in its order; null for each that does not exist. Each settles on its own, so that a shard that is down fails only its own:
 * graphql takes an error in a list for the failure of that item.
 */
export async function entityNodes(
  ids: readonly EntityId[],
  requirement: FreshnessRequirement,
  context: RequestContext,
  info: GraphQLResolveInfo,
  projection = projectedAttributes(context, info),
): Promise<(EntityNode | null | Error)[]> {
  const loaded = await context.entities.loadMany(ids, requirement, projection);
  return loaded.map((one) => (one instanceof Error ? one : entityNode(one)));
}

export const entityResolvers: EntityResolvers = {
  id: ({ entity }) => entity.id,
  type: ({ entity }) => entity.type,
  createdAt: ({ entity }) => stamped(entity).createdAt,
  updatedAt: ({ entity }) => stamped(entity).updatedAt,
  version: ({ entity }) => stamped(entity).version,
  freshness: ({ freshness }) => freshness,
  async attribute(parent, given, context, info) {
    return fromServingEntity(parent, given, context, info, (entity) => {
      const definition = attributeByKey(context.catalog, given.key);
      return entity && attributeNode(entity, definition);
    });
  },
  async attributes(parent, given, context, info) {
    return fromServingEntity(parent, given, context, info, async (entity) => {
      const named = given.keys == null ? null : namedDefinitions(given.keys, context, info);
      if (entity === null) return [];
      return nodesOf(entity, named ?? (await definitionsOf(entity, context)));
    });
  },
  text: (parent, given, context, info) => typedValue(parent, given.key, 'TEXT', given, context, info),
  number: (parent, given, context, info) => typedValue(parent, given.key, 'NUMBER', given, context, info),
  boolean: (parent, given, context, info) => typedValue(parent, given.key, 'BOOLEAN', given, context, info),
  timestamp: (parent, given, context, info) => typedValue(parent, given.key, 'TIMESTAMP', given, context, info),
  json: (parent, given, context, info) => typedValue(parent, given.key, 'JSON', given, context, info),
  textList: (parent, given, context, info) => typedValue(parent, given.key, 'TEXT_LIST', given, context, info),
  numberList: (parent, given, context, info) => typedValue(parent, given.key, 'NUMBER_LIST', given, context, info),
  history: async ({ entity }, given, context, info) =>
    entityHistoryPage(entity.id, given, await readRequirement(given, context, info), context),
  referencedBy: (parent, given, context, info) => referencedBy(parent, given, context, info),
  reference: (parent, given, context, info) => referencedEntity(parent, given.key, given, context, info),
};

/** Looked up once per field, not once per entity of a list. Duplicate keys count once. */
function namedDefinitions(
  keys: readonly string[],
  { catalog, limits, namedDefinitions: found }: RequestContext,
  { fieldNodes: [node] }: GraphQLResolveInfo,
): readonly AttributeDefinition[] {
  const known = node && found.get(node);
  if (known !== undefined) return known;
  const limit = limits.maxAttributesPerEntity;
  if (keys.length > limit) {
    throw new AtlasError('LIMIT_EXCEEDED', `attributes got ${keys.length} keys; the limit is ${limit}.`, {
      hint: overLimit('List fewer keys', 'ATLAS_MAX_ATTRIBUTES_PER_ENTITY'),
    });
  }
  const definitions = Array.from(new Set(keys), (key) => attributeByKey(catalog, key));
  if (node !== undefined) found.set(node, definitions);
  return definitions;
}

/** The attributes that the entity has. */
function nodesOf(entity: EntityRecord, definitions: readonly AttributeDefinition[]): AttributeNode[] {
  const nodes: AttributeNode[] = [];
  for (const definition of definitions) {
    const node = attributeNode(entity, definition);
    if (node !== null) nodes.push(node);
  }
  return nodes;
}

/**
 * The definitions of the entity's attributes, in key order. Those that are retired, or that the caller may not read, are left out. An attribute whose definition has
 * not arrived is never left out: the catalog is read again.
 */
async function definitionsOf(entity: EntityRecord, context: RequestContext): Promise<AttributeDefinition[]> {
  const ids = Object.keys(whole(entity).attributes).map(Number);
  const isHidden = (id: AttributeId) => context.catalog.restriction?.hidesId(id) === true;
  if (ids.some((id) => context.catalog.byId(id) === undefined && !isHidden(id))) await refreshCatalog(context);
  return ids
    .filter((id) => !isHidden(id))
    .map((id) => knownDefinition(id, entity, context))
    .filter(({ retiredAt }) => retiredAt === null)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function knownDefinition(id: AttributeId, entity: EntityRecord, { catalog }: RequestContext): AttributeDefinition {
  const definition = catalog.byId(id);
  if (definition !== undefined) return definition;
  throw new Error(`Entity ${entity.id} has attribute ${id}, which its tenant's catalog does not contain`);
}
