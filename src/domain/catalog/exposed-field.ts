/** The fields of Entity in the fixed schema. */
export const ENTITY_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'type',
  'createdAt',
  'updatedAt',
  'version',
  'attribute',
  'attributes',
  'text',
  'number',
  'boolean',
  'timestamp',
  'json',
  'textList',
  'numberList',
  'history',
  'reference',
  'referencedBy',
  'freshness',
]);

/**
 * Whether no exposed attribute may have a field of this name: one of the fixed schema, or of what every JavaScript object has, such as `constructor`, which graphql
 * takes for given in each input object that lacks it.
 */
export function isReservedField(name: string): boolean {
  return ENTITY_FIELDS.has(name) || name in Object.prototype;
}

/** The name of an exposed attribute's typed field: `last_seen` becomes `lastSeen`. Two keys may map to the same name. */
export function exposedFieldName(key: string): string {
  return key.replace(/_+([a-z0-9])/g, (_match, next: string) => next.toUpperCase());
}
