import type { AttributeDefinition, TenantCatalog } from '../domain/catalog/attribute.ts';
import type { AttributeCatalog, NewAttribute } from '../domain/catalog/attribute-catalog.ts';
import { isListType } from '../domain/catalog/list-types.ts';
import { AtlasError } from '../domain/errors.ts';
import type { TenantId } from '../domain/identifiers.ts';
import { toAttributeKey } from './attribute-key.ts';
import { importAuthor } from './import-author.ts';
import type { InferredColumn } from './infer-columns.ts';

/** How to define a new attribute, in addition to its key and type. */
export type ColumnDefinition = Omit<NewAttribute, 'key' | 'type'>;

/**
 * The attribute of each column that has at least one value. Keys that are not in the tenant's catalog are defined, all
 * at once; existing keys keep their type. If no value of a column is of the existing type, the column is a different
 * attribute with the same name: its key is prefixed with the entity type, for example `flight_time` next to `time`.
 * @param type null for an export, whose keys are what they are.
 * @throws AtlasError BAD_USER_INPUT if a column's attribute is retired, or has another type than that of an export, or as AttributeCatalog.define.
 */
export async function planColumns(
  columns: readonly InferredColumn[],
  type: string | null,
  tenantId: TenantId,
  catalog: AttributeCatalog,
  define: (column: InferredColumn) => ColumnDefinition,
): Promise<ReadonlyMap<string, AttributeDefinition>> {
  await catalog.refresh();
  const known = catalog.forTenant(tenantId);
  const keyed = keyColumns(columns, type, known);
  const missing: NewAttribute[] = [];
  for (const column of keyed) {
    if (known.byKey(column.key) === undefined && column.type !== null) {
      missing.push({ ...define(column), key: column.key, type: column.type });
    }
  }
  if (missing.length > 0) await catalog.define(importAuthor(tenantId), missing);

  const attributes = new Map<string, AttributeDefinition>();
  const current = catalog.forTenant(tenantId);
  for (const { name, key, type: columnType } of keyed) {
    const attribute = current.byKey(key);
    if (columnType !== null && attribute !== undefined) attributes.set(name, attribute);
  }
  return attributes;
}

/** The columns with their keys in the catalog. @throws AtlasError BAD_USER_INPUT as planColumns. */
export function keyColumns(
  columns: readonly InferredColumn[],
  type: string | null,
  known: TenantCatalog,
): readonly InferredColumn[] {
  return columns.map((column) => {
    const keyed = { ...column, key: keyOf(column, columns, type, known) };
    if (known.byKey(keyed.key)?.retiredAt) throw retired(keyed);
    return keyed;
  });
}

function keyOf(
  column: InferredColumn,
  columns: readonly InferredColumn[],
  type: string | null,
  known: TenantCatalog,
): string {
  const attribute = known.byKey(column.key);
  if (mayHold(attribute, column)) return column.key;
  if (type === null) throw otherType(column, attribute);
  const key = toAttributeKey(`${type}_${column.key}`) ?? column.key;
  return mayHold(known.byKey(key), column) && columns.every((other) => other.key !== key) ? key : column.key;
}

/** TEXT and JSON attributes accept every value, ids look like numbers or, if they are large, texts, and lists like JSON. */
function mayHold(attribute: AttributeDefinition | undefined, { type, seen }: InferredColumn): boolean {
  if (attribute === undefined || type === null) return true;
  if (attribute.type === 'TEXT' || attribute.type === 'JSON' || seen.has(attribute.type)) return true;
  if (isListType(attribute.type)) return seen.has('JSON');
  return attribute.type === 'REFERENCE' && (seen.has('NUMBER') || seen.has('TEXT'));
}

function otherType({ key, type }: InferredColumn, attribute: AttributeDefinition | undefined): AtlasError {
  return new AtlasError(
    'BAD_USER_INPUT',
    `The export has the attribute "${key}" with type ${type}, but the tenant has it with type ${attribute?.type}; import it into another tenant, or rename the column.`,
  );
}

function retired({ name, key }: InferredColumn): AtlasError {
  return new AtlasError(
    'BAD_USER_INPUT',
    `Column ${JSON.stringify(name)} has the key of the attribute "${key}", which is retired; rename or remove the column.`,
  );
}
