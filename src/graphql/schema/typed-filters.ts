import {
  type DefinitionNode,
  type DocumentNode,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  type InputObjectTypeDefinitionNode,
  type InputValueDefinitionNode,
  isInputObjectType,
  isObjectType,
  Kind,
} from 'graphql';
import type { AttributeType } from '../../domain/catalog/attribute.ts';
import type { EntityFilterInput } from '../../domain/filter/filter-input.ts';
import { predicateNameOf } from '../../domain/filter/predicate-types.ts';
import { filterOfWhere, type TypedFieldAttribute, type WhereInput } from '../../domain/filter/where-input.ts';
import type { RequestContext } from '../../resolvers/request-context.ts';
import type { ExposedAttribute } from './exposed-attributes.ts';

const WHERE = 'EntityWhere';

const EXISTS: InputValueDefinitionNode = {
  kind: Kind.INPUT_VALUE_DEFINITION,
  description: { kind: Kind.STRING, value: 'True: the entity has the attribute. False: it lacks the attribute.' },
  name: { kind: Kind.NAME, value: 'exists' },
  type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'Boolean' } },
};

const TARGET: InputValueDefinitionNode = {
  kind: Kind.INPUT_VALUE_DEFINITION,
  description: {
    kind: Kind.STRING,
    value: 'What must hold for the entity that it refers to, as `AttributeFilter.target` says.',
  },
  name: { kind: Kind.NAME, value: 'target' },
  type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: WHERE } },
};

/**
 * `extend input EntityWhere` with one member per exposed attribute that is filterable. Its type, such as NumberCondition, is the fixed
 * schema's predicate of that type together with `exists` and, of a reference, `target`.
 */
export function typedFiltersSdl(sdl: DocumentNode, exposed: readonly ExposedAttribute[]): DocumentNode {
  const members = filterable(fixedMembers(sdl), exposed);
  if (members.length === 0) return { kind: Kind.DOCUMENT, definitions: [] };
  const types = new Set(members.map(({ type }) => type));
  const fields = members.map(({ key, type, fieldName }) => ({
    kind: Kind.INPUT_VALUE_DEFINITION as const,
    description: { kind: Kind.STRING as const, value: `Condition on the attribute \`${key}\`.` },
    name: { kind: Kind.NAME as const, value: fieldName },
    type: { kind: Kind.NAMED_TYPE as const, name: { kind: Kind.NAME as const, value: nameOf(type, 'Condition') } },
  }));
  return {
    kind: Kind.DOCUMENT,
    definitions: [
      { kind: Kind.INPUT_OBJECT_TYPE_EXTENSION, name: { kind: Kind.NAME, value: WHERE }, fields },
      ...Array.from(types, (type) => condition(sdl, type)),
    ],
  };
}

/**
 * Gives `filter` to each resolver of a field that has the argument `where`: both must hold. Resolvers do not look at `where`, so
 * declaring the argument is all that a field needs.
 */
export function resolveWhere(schema: GraphQLSchema, exposed: readonly ExposedAttribute[]): void {
  const where = schema.getType(WHERE);
  if (!isInputObjectType(where)) throw new Error(`The schema has no input ${WHERE}`);
  const members = where.getFields();
  const attributes = new Map(
    exposed
      .filter(({ fieldName }) => members[fieldName] !== undefined)
      .map(({ key, type, fieldName }) => [fieldName, { key, predicate: predicateNameOf(type) }]),
  );
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.args.some((argument) => getNamedType(argument.type) === where)) translate(field, attributes);
    }
  }
}

interface Selecting {
  readonly filter?: EntityFilterInput | null;
  readonly where?: WhereInput | null;
}

function translate(
  field: GraphQLField<unknown, RequestContext>,
  attributes: ReadonlyMap<string, TypedFieldAttribute>,
): void {
  const { resolve } = field;
  if (resolve === undefined) throw new Error(`The field ${field.name} has no resolver`);
  field.resolve = (source, { where, ...given }: Selecting, context, info) => {
    if (where == null) return resolve(source, given, context, info);
    const typed = filterOfWhere(where, attributes);
    const filter = given.filter == null ? typed : { and: [given.filter, typed] };
    return resolve(source, { ...given, filter }, context, info);
  };
}

function filterable(fixed: ReadonlySet<string>, exposed: readonly ExposedAttribute[]): readonly ExposedAttribute[] {
  return exposed.filter((attribute) => attribute.filterable && !fixed.has(attribute.fieldName));
}

function fixedMembers(sdl: DocumentNode): ReadonlySet<string> {
  return new Set(inputType(sdl, WHERE).fields?.map(({ name }) => name.value));
}

function condition(sdl: DocumentNode, type: AttributeType): DefinitionNode {
  const predicate = inputType(sdl, nameOf(type, 'Predicate'));
  return {
    ...predicate,
    name: { kind: Kind.NAME, value: nameOf(type, 'Condition') },
    fields: [...(predicate.fields ?? []), EXISTS, ...(type === 'REFERENCE' ? [TARGET] : [])],
  };
}

function inputType(sdl: DocumentNode, name: string): InputObjectTypeDefinitionNode {
  const found = sdl.definitions.find(
    (node) => node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION && node.name.value === name,
  );
  if (found?.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) return found;
  throw new Error(`The SDL has no input ${name}`);
}

/** The SDL calls the predicate of a type as it calls the type, such as NumberPredicate. */
function nameOf(type: AttributeType, kind: 'Predicate' | 'Condition'): string {
  const word = predicateNameOf(type);
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}${kind}`;
}
