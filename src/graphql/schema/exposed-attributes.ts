import { createHash } from 'node:crypto';
import type { AttributeDefinition, TenantCatalog } from '../../domain/catalog/attribute.ts';
import { ENTITY_FIELDS, exposedFieldName } from '../../domain/catalog/exposed-field.ts';

/** What a typed field is made of. */
export interface ExposedAttribute extends Pick<AttributeDefinition, 'key' | 'type' | 'description'> {
  readonly fieldName: string;
}

/**
 * The typed fields that a tenant sees, in key order. The catalog refuses collisions when it defines; where two keys give
 * one name nevertheless (a shared one, defined where the tenant's own was not visible), the first keeps it.
 */
export function exposedAttributes(catalog: TenantCatalog): readonly ExposedAttribute[] {
  const taken = new Set(ENTITY_FIELDS);
  const exposed: ExposedAttribute[] = [];
  for (const { key, type, description, exposed: isExposed } of catalog.all()) {
    const fieldName = exposedFieldName(key);
    if (!isExposed || taken.has(fieldName)) continue;
    taken.add(fieldName);
    exposed.push({ key, type, description, fieldName });
  }
  return exposed;
}

/** Equal for tenants whose typed fields are the same: they share one schema. */
export function exposedFingerprint(exposed: readonly ExposedAttribute[]): string {
  const content = exposed.map(({ key, type, description }) => [key, type, description]);
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url');
}
