import type { EntityWrite } from '../datasources/entity-writer.ts';
import type { AttributeDefinition } from '../domain/catalog/attribute.ts';
import type { ValueLimits } from '../domain/values/attribute-value.ts';
import { isAbsent } from './cell.ts';
import { convertCell } from './convert-cell.ts';
import type { RowIdentity } from './row-identity.ts';
import type { DataRow } from './sources/row-source.ts';

/**
 * Converts a row to the write of one entity. Columns without an attribute are skipped.
 * @throws AtlasError ATTRIBUTE_TYPE_MISMATCH | ATTRIBUTE_INVALID (a cell), BAD_USER_INPUT (the id).
 */
export function rowToWrite(
  row: DataRow,
  identity: RowIdentity,
  attributes: ReadonlyMap<string, AttributeDefinition>,
  limits: ValueLimits,
): EntityWrite {
  const { type, untyped } = identity;
  const set: EntityWrite['set'][number][] = [];
  for (const [name, value] of Object.entries(row.fields)) {
    const attribute = attributes.get(name);
    if (attribute === undefined || isAbsent(value, untyped)) continue;
    set.push({ attribute, value: convertCell(value, attribute, untyped, limits) });
  }
  return { id: identity.idOf(row), type, set, remove: [], expectedVersion: null };
}
