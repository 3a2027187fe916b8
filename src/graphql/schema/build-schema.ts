import { buildSubgraphSchema, printSubgraphSchema } from '@apollo/subgraph';
import {
  concatAST,
  type DefinitionNode,
  type DocumentNode,
  extendSchema,
  type GraphQLSchema,
  type InputObjectTypeExtensionNode,
  isInputObjectType,
  isObjectType,
  isUnionType,
  Kind,
  type NameNode,
  type ObjectTypeExtensionNode,
} from 'graphql';
import { ATTRIBUTE_KEY } from '../../resolvers/entity/projected-attributes.ts';
import { resolveReferences } from '../../resolvers/entity/references.ts';
import { typedFieldResolver } from '../../resolvers/entity/typed-field.ts';
import { resolvers } from '../../resolvers/resolvers.ts';
import { boundLists } from './bound-lists.ts';
import type { ExposedAttribute } from './exposed-attributes.ts';
import { typedFieldsSdl } from './typed-fields.ts';
import { resolveWhere, typedFiltersSdl } from './typed-filters.ts';

/** The part of a subgraph schema that all tenants share. Building it takes ten times as long as adding typed fields to it. */
export interface BaseSchema {
  readonly sdl: DocumentNode;
  /** Not executable on its own: `where` is not translated. */
  readonly schema: GraphQLSchema;
}

export function buildBaseSchema(sdl: DocumentNode): BaseSchema {
  const schema = buildSubgraphSchema([{ typeDefs: foldExtensions(sdl), resolvers }]);
  resolveEntities(schema);
  boundLists(schema);
  return { sdl, schema };
}

/**
 * An executable subgraph schema: the fixed SDL, and a typed field of Entity and a typed filter for each exposed attribute. What is added is
 * valid by its making, and is not validated: exposed attributes have valid names, and no two of them the same.
 */
export function buildSchema({ sdl, schema: base }: BaseSchema, exposed: readonly ExposedAttribute[]): GraphQLSchema {
  const added = concatAST([typedFieldsSdl(exposed), typedFiltersSdl(sdl, exposed)]);
  const schema = extendSchema(base, added, { assumeValid: true, assumeValidSDL: true });
  for (const name of ['Entity', 'EntityWhere']) foldExtension(schema, name);
  resolveTypedFields(schema, exposed);
  resolveWhere(schema, exposed);
  resolveService(schema);
  return schema;
}

/** Printed SDL shows a type in one place, whose description then is not apart from the fields that were added. */
function foldExtension(schema: GraphQLSchema, name: string): void {
  const type = schema.getType(name);
  if (!(isObjectType(type) || isInputObjectType(type)) || type.astNode == null)
    throw new Error(`There is no type ${name}`);
  const document = { kind: Kind.DOCUMENT as const, definitions: [type.astNode, ...type.extensionASTNodes] };
  const [folded] = foldExtensions(document).definitions;
  type.extensionASTNodes = [];
  if (isObjectType(type) && folded?.kind === Kind.OBJECT_TYPE_DEFINITION) type.astNode = folded;
  if (isInputObjectType(type) && folded?.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) type.astNode = folded;
}

function resolveTypedFields(schema: GraphQLSchema, exposed: readonly ExposedAttribute[]): void {
  const entity = schema.getType('Entity');
  if (!isObjectType(entity)) throw new Error('The schema has no type Entity');
  const fields = entity.getFields();
  for (const { key, type, fieldName } of exposed) {
    const field = fields[fieldName];
    if (field === undefined) continue;
    field.resolve = typedFieldResolver(key, type);
    field.extensions = { ...field.extensions, [ATTRIBUTE_KEY]: key };
  }
}

/** A gateway that asks for the SDL gets that of this schema. It is printed when it is asked for the first time. */
function resolveService(schema: GraphQLSchema): void {
  const service = schema.getQueryType()?.getFields()._service;
  if (service === undefined) throw new Error('The subgraph schema has no _service');
  let sdl: string | null = null;
  service.resolve = () => {
    sdl ??= printSubgraphSchema(schema);
    return { sdl };
  };
}

/** In place of the resolver of the library, which makes a promise for each reference. */
function resolveEntities(schema: GraphQLSchema): void {
  const entities = schema.getQueryType()?.getFields()._entities;
  const union = schema.getType('_Entity');
  if (entities === undefined || !isUnionType(union)) throw new Error('The subgraph schema has no _entities');
  entities.resolve = resolveReferences;
  union.resolveType = () => 'Entity';
}

/** Moves the fields and directives of every `extend type` and `extend input` into the definition of the type, so that printed SDL shows a type in one place. */
function foldExtensions(document: DocumentNode): DocumentNode {
  const types: ObjectTypeExtensionNode[] = [];
  const inputs: InputObjectTypeExtensionNode[] = [];
  const others: DefinitionNode[] = [];
  for (const node of document.definitions) {
    if (node.kind === Kind.OBJECT_TYPE_EXTENSION) types.push(node);
    else if (node.kind === Kind.INPUT_OBJECT_TYPE_EXTENSION) inputs.push(node);
    else others.push(node);
  }
  const definitions = others.map((node) => {
    if (node.kind === Kind.OBJECT_TYPE_DEFINITION) {
      const own = types.filter(({ name }) => name.value === node.name.value);
      const directives = [node, ...own].flatMap((one) => one.directives ?? []);
      return { ...node, directives, fields: withAdded(node, types) };
    }
    if (node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) return { ...node, fields: withAdded(node, inputs) };
    return node;
  });
  return { ...document, definitions };
}

interface WithFields<Field> {
  readonly name: NameNode;
  readonly fields?: readonly Field[] | undefined;
}

function withAdded<Field>(node: WithFields<Field>, extensions: readonly WithFields<Field>[]): readonly Field[] {
  const own = extensions.filter(({ name }) => name.value === node.name.value);
  return [node, ...own].flatMap(({ fields }) => fields ?? []);
}
