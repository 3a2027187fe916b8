import type { EntityWrite } from '../datasources/entity-writer.ts';
import type { AttributeDefinition, TenantCatalog } from '../domain/catalog/attribute.ts';
import { checkEntityType } from '../domain/entity-type.ts';
import { AtlasError } from '../domain/errors.ts';
import { keyedId } from '../domain/external-key.ts';
import { parseEntityId } from '../domain/identifiers.ts';
import { overLimit } from '../domain/over-limit.ts';
import { RuleBudget } from '../domain/rules/rule-budget.ts';
import { type AttributeInput, attributeValue, type ValueLimits } from '../domain/values/attribute-value.ts';

/** An entity to create or change, as a client sends it. Null means not set. */
export interface EntityInput {
  readonly id?: string | null;
  readonly type: string;
  readonly attributes: readonly AttributeInput[];
  readonly removeAttributes?: readonly string[] | null;
  readonly expectedVersion?: bigint | null;
}

export interface RowLimits extends ValueLimits {
  /** Maximum number of attributes that one row sets and removes. */
  readonly maxAttributesPerEntity: number;
}

/**
 * Finds the definition of a key that a row names, together with the value the row gives it; null if the row removes it.
 * @throws AtlasError
 */
export type DefinitionOf = (key: string, given: AttributeInput | null) => AttributeDefinition;

/**
 * The write of one row, with the id that its key decides if its type has one. Every value of it is in stored form and satisfies its definition.
 * @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED | ATTRIBUTE_TYPE_MISMATCH | ATTRIBUTE_INVALID | FORBIDDEN, and those of `definitionOf`
 */
export function checkRow(
  input: EntityInput,
  catalog: TenantCatalog,
  definitionOf: DefinitionOf,
  limits: RowLimits,
): EntityWrite {
  const { type, attributes, expectedVersion = null } = input;
  const remove = input.removeAttributes ?? [];
  const budget = new RuleBudget();
  checkEntityType(type);
  checkExpectedVersion(expectedVersion);
  checkKeys([...attributes.map(({ key }) => key), ...remove], limits.maxAttributesPerEntity);
  const write = {
    id: input.id == null ? null : parseEntityId(input.id),
    type,
    set: attributes.map((given) => {
      const attribute = definitionOf(given.key, given);
      return { attribute, value: attributeValue(attribute, given, limits, budget) };
    }),
    remove: remove.map((key) => definitionOf(key, null)),
    expectedVersion,
  };
  const key = catalog.keyOfType(type);
  if (key === undefined) return write;
  const isShown = catalog.restriction?.hidesId(key.id) !== true;
  return { ...write, id: keyedId(catalog.tenantId, key, write, isShown), key: key.id };
}

/** @throws AtlasError BAD_USER_INPUT */
export function checkExpectedVersion(version: bigint | null): void {
  if (version === null || version >= 0n) return;
  throw new AtlasError(
    'BAD_USER_INPUT',
    `expectedVersion is ${version}; expected the version of the entity, or 0 for a new entity.`,
  );
}

function checkKeys(keys: readonly string[], limit: number): void {
  if (keys.length > limit) {
    throw new AtlasError('LIMIT_EXCEEDED', `The row names ${keys.length} attributes; the limit is ${limit}.`, {
      hint: overLimit('Send the attributes in several rows, one after the other', 'ATLAS_MAX_ATTRIBUTES_PER_ENTITY'),
    });
  }
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key))
      throw new AtlasError(
        'BAD_USER_INPUT',
        `The row names attribute ${JSON.stringify(key)} twice; expected each attribute once.`,
      );
    seen.add(key);
  }
}
