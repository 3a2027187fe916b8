import type { AttributeCatalog, NewAttribute } from '../datasources/attribute-catalog.ts';
import type { AttributeDefinition } from '../domain/attribute.ts';
import { AtlasError } from '../domain/errors.ts';
import type { TenantId } from '../domain/identifiers.ts';
import type { InferredColumn } from './infer-columns.ts';

/** How new attributes are defined, besides their key and type. */
export type ColumnDefinition = Omit<NewAttribute, 'key' | 'type'>;

/**
 * The attribute of each column that has a value anywhere. Keys that the tenant's catalog does not have are defined, all
 * at once; those it has keep their type, whatever the column looks like.
 * @throws AtlasError ATTRIBUTE_INVALID where a column's attribute is retired, or as AttributeCatalog.define.
 */
export async function planColumns(
  columns: readonly InferredColumn[],
  tenantId: TenantId,
  catalog: AttributeCatalog,
  define: (column: InferredColumn) => ColumnDefinition,
): Promise<ReadonlyMap<string, AttributeDefinition>> {
  await catalog.refresh();
  const known = catalog.forTenant(tenantId);
  const missing: NewAttribute[] = [];
  for (const column of columns) {
    const existing = known.byKey(column.key);
    if (existing?.retiredAt) throw retired(column);
    if (existing === undefined && column.type !== null) {
      missing.push({ ...define(column), key: column.key, type: column.type });
    }
  }
  if (missing.length > 0) await catalog.define(tenantId, missing);

  const attributes = new Map<string, AttributeDefinition>();
  const current = catalog.forTenant(tenantId);
  for (const { name, key, type } of columns) {
    const attribute = current.byKey(key);
    if (type !== null && attribute !== undefined) attributes.set(name, attribute);
  }
  return attributes;
}

function retired({ name, key }: InferredColumn): AtlasError {
  return new AtlasError(
    'ATTRIBUTE_INVALID',
    `Column ${JSON.stringify(name)} belongs to the attribute ${key}, which is retired: rename the column, or leave it out.`,
  );
}
