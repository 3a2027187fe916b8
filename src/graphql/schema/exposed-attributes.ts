import { createHash } from 'node:crypto';
import type { AttributeDefinition, TenantCatalog } from '../../domain/catalog/attribute.ts';
import { exposedFieldName, isReservedField } from '../../domain/catalog/exposed-field.ts';
import { isUnique } from '../../domain/catalog/unique-attribute.ts';

/** The parts of a definition that its typed field and its typed filter depend on. */
export interface ExposedAttribute
  extends Pick<AttributeDefinition, 'key' | 'type' | 'description' | 'access' | 'filterable'> {
  readonly fieldName: string;
  /** Whether it is the key of an entity type. */
  readonly isKey: boolean;
}

/**
 * The typed fields visible to a tenant, in key order. Those of shared definitions are the same for all tenants, so that a request
 * which a gateway has validated against them is valid for each: if the tenant has an attribute with the key of a shared one, which
 * then is of the same type, the field is the shared one, and its values are the tenant's. The catalog refuses definitions whose
 * field names collide otherwise.
 */
export function exposedAttributes(catalog: TenantCatalog): readonly ExposedAttribute[] {
  const taken = new Set<string>();
  const exposed: ExposedAttribute[] = [];
  for (const definition of [...catalog.shared(), ...catalog.all()]) {
    if (!definition.exposed) continue;
    const { key, type, description, access, filterable } = definition;
    const fieldName = exposedFieldName(key);
    if (isReservedField(fieldName) || taken.has(fieldName)) continue;
    taken.add(fieldName);
    exposed.push({ key, type, description, access, filterable, fieldName, isKey: isUnique(definition) });
  }
  return exposed.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Tenants with equal fingerprints have the same typed fields and filters, and share one schema. */
export function exposedFingerprint(exposed: readonly ExposedAttribute[]): string {
  const content = exposed.map(({ key, type, description, access, filterable, isKey }) => [
    ...[key, type, description],
    ...[access.read, filterable, isKey],
  ]);
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url');
}
