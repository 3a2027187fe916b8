import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type NamedTypeNode,
  type ObjectTypeExtensionNode,
  type TypeNode,
} from 'graphql';
import type { AttributeType } from '../../domain/catalog/attribute.ts';
import { ELEMENT_TYPES, isListType, type ScalarType } from '../../domain/catalog/list-types.ts';
import type { ExposedAttribute } from './exposed-attributes.ts';

const TYPES: Readonly<Record<ScalarType, string>> = {
  TEXT: 'String',
  NUMBER: 'Float',
  BOOLEAN: 'Boolean',
  TIMESTAMP: 'DateTime',
  JSON: 'JSON',
  REFERENCE: 'Entity',
};

/**
 * `extend type Entity` with one field per exposed attribute, and a `@key` per attribute that is unique within its types. The fields have no arguments: a neighbour's `name: String @external` must agree
 * with the field to compose, and gateways resolve `@requires` without arguments.
 */
export function typedFieldsSdl(exposed: readonly ExposedAttribute[]): DocumentNode {
  const extension: ObjectTypeExtensionNode = {
    kind: Kind.OBJECT_TYPE_EXTENSION,
    name: { kind: Kind.NAME, value: 'Entity' },
    directives: exposed.filter(({ isKey }) => isKey).map(keyDirective),
    fields: exposed.map(typedField),
  };
  return { kind: Kind.DOCUMENT, definitions: exposed.length === 0 ? [] : [extension] };
}

function typedField({ key, type, description, access, fieldName }: ExposedAttribute): FieldDefinitionNode {
  return {
    kind: Kind.FIELD_DEFINITION,
    description: { kind: Kind.STRING, value: description ?? `The attribute \`${key}\`.` },
    name: { kind: Kind.NAME, value: fieldName },
    type: fieldType(type),
    directives: [
      ...(access.read === undefined ? [] : [policyOf(access.read)]),
      ...(type === 'REFERENCE' ? [COST_OF_REFERENCE] : []),
    ],
  };
}

function fieldType(type: AttributeType): TypeNode {
  if (!isListType(type)) return named(TYPES[type]);
  return { kind: Kind.LIST_TYPE, type: { kind: Kind.NON_NULL_TYPE, type: named(TYPES[ELEMENT_TYPES[type]]) } };
}

function named(name: string): NamedTypeNode {
  return { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: name } };
}

/** As of `Entity.reference`. */
const COST_OF_REFERENCE: ConstDirectiveNode = {
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: 'cost' },
  arguments: [
    {
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: 'weight' },
      value: { kind: Kind.INT, value: '10' },
    },
  ],
};

/** `@key(fields: "type sku")`: an attribute is unique within a type. */
function keyDirective({ fieldName }: ExposedAttribute): ConstDirectiveNode {
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: 'key' },
    arguments: [
      {
        kind: Kind.ARGUMENT,
        name: { kind: Kind.NAME, value: 'fields' },
        value: { kind: Kind.STRING, value: `type ${fieldName}` },
      },
    ],
  };
}

/** Tells gateways that one of the roles is needed: `@policy(policies: [["hr"], ["payroll"]])`. */
function policyOf(roles: readonly string[]): ConstDirectiveNode {
  const policies = roles.map((value) => ({
    kind: Kind.LIST as const,
    values: [{ kind: Kind.STRING as const, value }],
  }));
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: 'policy' },
    arguments: [
      {
        kind: Kind.ARGUMENT,
        name: { kind: Kind.NAME, value: 'policies' },
        value: { kind: Kind.LIST, values: policies },
      },
    ],
  };
}
