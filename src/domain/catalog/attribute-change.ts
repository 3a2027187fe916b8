import { isDeepStrictEqual } from 'node:util';
import { AtlasError } from '../errors.ts';
import type { AttributeDefinition, AttributeRules, TenantCatalog } from './attribute.ts';
import type { AttributeAccess } from './attribute-access.ts';
import { attributeByKey, definitionByKey } from './attribute-lookup.ts';
import { isBeingDeleted, nextStep } from './attribute-storage.ts';
import { type CatalogQuota, CatalogUse } from './catalog-quota.ts';
import { checkDefinition, invalidAttribute } from './check-definition.ts';
import { BEING_MOVED, planMove } from './plan-move.ts';
import { Taken } from './taken.ts';
import { isUnique } from './unique-attribute.ts';

/** New properties of a definition. An absent one stays as it is. */
export interface DefinitionUpdate {
  readonly description?: string | null;
  readonly entityTypes?: readonly string[];
  readonly exposed?: boolean;
  readonly filterable?: boolean;
  readonly hot?: boolean;
  readonly rules?: AttributeRules;
  readonly access?: AttributeAccess;
}

export type AttributeChange =
  | { readonly kind: 'update'; readonly update: DefinitionUpdate }
  | { readonly kind: 'retire' }
  | { readonly kind: 'restore' }
  | { readonly kind: 'delete' };

/** What a change writes, all of it. */
export type ChangedDefinition = Pick<
  AttributeDefinition,
  'id' | 'description' | 'entityTypes' | 'exposed' | 'rules' | 'access' | 'filterable' | 'hotColumn' | 'storage'
> & { readonly isRetired: boolean };

export interface ChangeRequest {
  readonly key: string;
  readonly change: AttributeChange;
  /** Null: whatever the version is. */
  readonly expectedVersion: bigint | null;
}

/**
 * The definition after a change; null if it changes nothing.
 * @param catalog What the caller sees of the tenant's definitions.
 * @param visible All definitions that the tenant sees, retired ones included.
 * @throws AtlasError ATTRIBUTE_UNKNOWN | ATTRIBUTE_INVALID | VERSION_CONFLICT | FORBIDDEN | LIMIT_EXCEEDED
 */
export function planChange(
  { key, change, expectedVersion }: ChangeRequest,
  catalog: TenantCatalog,
  visible: Iterable<AttributeDefinition>,
  quota: CatalogQuota,
): ChangedDefinition | null {
  const existing = change.kind === 'update' ? attributeByKey(catalog, key) : definitionByKey(catalog, key);
  const { tenantId, restriction } = catalog;
  if (existing.tenantId !== tenantId) {
    throw new AtlasError('FORBIDDEN', `Attribute "${key}" is shared by all tenants; a tenant cannot change it.`);
  }
  if (expectedVersion !== null && BigInt(existing.version) !== expectedVersion)
    throw conflict(existing, expectedVersion);
  if (isBeingDeleted(existing)) {
    if (change.kind === 'delete') return null;
    throw invalidAttribute(key, 'is being deleted with its values');
  }
  const { id, description, entityTypes, exposed, rules, access, filterable, hotColumn, storage } = existing;
  const isRetired = existing.retiredAt !== null;
  const before = { id, description, entityTypes, exposed, rules, access, filterable, hotColumn, storage, isRetired };
  if (change.kind === 'delete') {
    if (!isRetired) throw invalidAttribute(key, 'is in use; retire it before it is deleted');
    if (storage.move !== undefined) throw invalidAttribute(key, BEING_MOVED);
    return { ...before, storage: nextStep(storage, { kind: 'DELETE' }) };
  }
  if (change.kind !== 'update') {
    const retires = change.kind === 'retire';
    return isRetired === retires ? null : { ...before, isRetired: retires };
  }
  const { filterable: wantsFilterable, hot: wantsHot, ...properties } = change.update;
  const others = [...visible].filter((definition) => definition.id !== id);
  const taken = new Taken(tenantId, others, (other) => restriction?.hidesId(other.id) !== true);
  const moved = planMove(existing, { filterable: wantsFilterable, hot: wantsHot }, taken);
  const after = { ...before, ...properties, ...moved };
  if (isDeepStrictEqual(after, before)) return null;
  checkDefinition({ ...existing, ...properties });
  if (isUnique(existing) && !isDeepStrictEqual(after.entityTypes, entityTypes)) {
    throw invalidAttribute(key, `is unique, and its entityTypes cannot change; they are ${entityTypes.join(', ')}`);
  }
  if (after.exposed && !exposed) taken.claimField(key);
  new CatalogUse(
    others.filter((definition) => definition.tenantId === tenantId),
    quota,
  ).checkChange(existing, { key, exposed: after.exposed, rules: after.rules });
  return after;
}

function conflict({ key, version }: AttributeDefinition, expected: bigint): AtlasError {
  return new AtlasError(
    'VERSION_CONFLICT',
    `The definition of attribute "${key}" has version ${version}; expected version ${expected}. Read it again and retry.`,
    { details: { version } },
  );
}
