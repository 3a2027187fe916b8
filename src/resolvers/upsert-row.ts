import type { Settings } from '../config/settings.ts';
import type { EntityWrite } from '../datasources/entity-writer.ts';
import type { TenantCatalog } from '../domain/catalog/attribute.ts';
import { attributeByKey } from '../domain/catalog/attribute-lookup.ts';
import { checkEntityType } from '../domain/entity-type.ts';
import { AtlasError } from '../domain/errors.ts';
import { type EntityId, parseEntityId } from '../domain/identifiers.ts';
import { attributeValue } from '../domain/values/attribute-value.ts';
import type { AttributeInput, UpsertEntityInput } from '../generated/resolver-types.ts';

/** A row that is right as far as that can be told without the attributes' definitions. */
export interface UpsertRow {
  readonly id: EntityId | null;
  readonly type: string;
  readonly attributes: readonly AttributeInput[];
  readonly remove: readonly string[];
  readonly expectedVersion: bigint | null;
}

type RowLimits = Pick<Settings, 'ATLAS_MAX_VALUE_BYTES' | 'ATLAS_MAX_ATTRIBUTES_PER_ENTITY'>;

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED */
export function upsertRow(input: UpsertEntityInput, limits: RowLimits): UpsertRow {
  const { type, attributes, expectedVersion = null } = input;
  const remove = input.removeAttributes ?? [];
  checkEntityType(type);
  checkExpectedVersion(expectedVersion);
  checkKeys([...attributes.map(({ key }) => key), ...remove], limits.ATLAS_MAX_ATTRIBUTES_PER_ENTITY);
  return { id: input.id == null ? null : parseEntityId(input.id), type, attributes, remove, expectedVersion };
}

/**
 * @param refused why a key that was to be defined could not be.
 * @throws AtlasError ATTRIBUTE_UNKNOWN | ATTRIBUTE_TYPE_MISMATCH | ATTRIBUTE_INVALID
 */
export function entityWrite(
  { attributes, remove, ...row }: UpsertRow,
  catalog: TenantCatalog,
  refused: ReadonlyMap<string, AtlasError>,
  { ATLAS_MAX_VALUE_BYTES }: RowLimits,
): EntityWrite {
  return {
    ...row,
    set: attributes.map((input) => {
      const refusal = refused.get(input.key);
      if (refusal !== undefined) throw refusal;
      const attribute = attributeByKey(catalog, input.key);
      return { attribute, value: attributeValue(attribute, input, { maxValueBytes: ATLAS_MAX_VALUE_BYTES }) };
    }),
    remove: remove.map((key) => attributeByKey(catalog, key)),
  };
}

/** @throws AtlasError BAD_USER_INPUT */
export function checkExpectedVersion(version: bigint | null): void {
  if (version === null || version >= 0n) return;
  throw new AtlasError('BAD_USER_INPUT', 'expectedVersion must be a version that was read, or 0 for a new entity.');
}

function checkKeys(keys: readonly string[], limit: number): void {
  if (keys.length > limit) {
    throw new AtlasError('LIMIT_EXCEEDED', `The row names ${keys.length} attributes: give at most ${limit}.`);
  }
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) {
      throw new AtlasError('BAD_USER_INPUT', `The row names attribute ${JSON.stringify(key)} twice: name it once.`);
    }
    seen.add(key);
  }
}
