import type { GraphQLResolveInfo } from 'graphql';
import type { AttributeDefinition } from '../domain/catalog/attribute.ts';
import { attributeByKey } from '../domain/catalog/attribute-lookup.ts';
import type { EntityRecord } from '../domain/entity.ts';
import { AtlasError } from '../domain/errors.ts';
import { type EntityId, parseEntityId } from '../domain/identifiers.ts';
import type { EntityResolvers } from '../generated/resolver-types.ts';
import { type AttributeNode, attributeNode } from './attribute-node.ts';
import { entityNode } from './entity-node.ts';
import { readRequirement } from './field-freshness.ts';
import type { RequestContext } from './request-context.ts';
import { servingEntity } from './serving-entity.ts';
import { typedValue } from './typed-field.ts';

export const entityResolvers: EntityResolvers = {
  async __resolveReference(reference, context, info) {
    return entityNode(await context.entities.load(referencedId(reference.id), readRequirement({}, context, info)));
  },
  id: ({ entity }) => entity.id,
  type: ({ entity }) => entity.type,
  createdAt: ({ entity }) => entity.createdAt,
  updatedAt: ({ entity }) => entity.updatedAt,
  version: ({ entity }) => entity.version,
  freshness: ({ freshness }) => freshness,
  async attribute(parent, given, context, info) {
    const definition = attributeByKey(context.catalog, given.key);
    const entity = await servingEntity(parent, given, context, info);
    return entity && attributeNode(entity, definition);
  },
  async attributes(parent, given, context, info) {
    const named = given.keys == null ? null : namedDefinitions(given.keys, context, info);
    const entity = await servingEntity(parent, given, context, info);
    if (entity === null) return [];
    return nodesOf(entity, named ?? definitionsOf(entity, context));
  },
  text: (parent, given, context, info) => typedValue(parent, given.key, 'TEXT', given, context, info),
  number: (parent, given, context, info) => typedValue(parent, given.key, 'NUMBER', given, context, info),
  boolean: (parent, given, context, info) => typedValue(parent, given.key, 'BOOLEAN', given, context, info),
  timestamp: (parent, given, context, info) => typedValue(parent, given.key, 'TIMESTAMP', given, context, info),
  json: (parent, given, context, info) => typedValue(parent, given.key, 'JSON', given, context, info),
};

/** A representation is JSON, of which no schema has checked anything. */
function referencedId(id: unknown): EntityId {
  if (typeof id === 'string' || Number.isSafeInteger(id)) return parseEntityId(String(id));
  throw new AtlasError('BAD_USER_INPUT', 'A representation of Entity needs its id: give it as text in decimal digits.');
}

/** Looked up once per field, not once per entity of a list. A key that is named twice counts once. */
function namedDefinitions(
  keys: readonly string[],
  { catalog, settings, namedDefinitions: found }: RequestContext,
  { fieldNodes: [node] }: GraphQLResolveInfo,
): readonly AttributeDefinition[] {
  const known = node && found.get(node);
  if (known !== undefined) return known;
  const limit = settings.ATLAS_MAX_ATTRIBUTES_PER_ENTITY;
  if (keys.length > limit) {
    throw new AtlasError('LIMIT_EXCEEDED', `attributes was given ${keys.length} keys: give at most ${limit}.`);
  }
  const definitions = Array.from(new Set(keys), (key) => attributeByKey(catalog, key));
  if (node !== undefined) found.set(node, definitions);
  return definitions;
}

/** Of what the entity has. */
function nodesOf(entity: EntityRecord, definitions: readonly AttributeDefinition[]): AttributeNode[] {
  const nodes: AttributeNode[] = [];
  for (const definition of definitions) {
    const node = attributeNode(entity, definition);
    if (node !== null) nodes.push(node);
  }
  return nodes;
}

/** The definitions of what an entity has, in key order. Retired attributes are not shown. */
function definitionsOf(entity: EntityRecord, { catalog }: RequestContext): AttributeDefinition[] {
  return Object.keys(entity.attributes)
    .map((id) => catalog.byId(Number(id)))
    .filter(isInUse)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function isInUse(definition: AttributeDefinition | undefined): definition is AttributeDefinition {
  return definition !== undefined && definition.retiredAt === null;
}
