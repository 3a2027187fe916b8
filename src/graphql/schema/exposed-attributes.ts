import { createHash } from 'node:crypto';
import type { AttributeDefinition, TenantCatalog } from '../../domain/catalog/attribute.ts';
import { ENTITY_FIELDS, exposedFieldName } from '../../domain/catalog/exposed-field.ts';

/** The parts of a definition that its typed field depends on. */
export interface ExposedAttribute extends Pick<AttributeDefinition, 'key' | 'type' | 'description' | 'access'> {
  readonly fieldName: string;
}

/**
 * The typed fields visible to a tenant, in key order. The catalog refuses definitions whose field names collide. If two keys
 * have the same field name nevertheless (a shared key, defined while the tenant's own was not visible), the first one keeps it.
 */
export function exposedAttributes(catalog: TenantCatalog): readonly ExposedAttribute[] {
  const taken = new Set(ENTITY_FIELDS);
  const exposed: ExposedAttribute[] = [];
  for (const { key, type, description, access, exposed: isExposed } of catalog.all()) {
    const fieldName = exposedFieldName(key);
    if (!isExposed || taken.has(fieldName)) continue;
    taken.add(fieldName);
    exposed.push({ key, type, description, access, fieldName });
  }
  return exposed;
}

/** Tenants with equal fingerprints have the same typed fields, and share one schema. */
export function exposedFingerprint(exposed: readonly ExposedAttribute[]): string {
  const content = exposed.map(({ key, type, description, access }) => [key, type, description, access.read]);
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url');
}
