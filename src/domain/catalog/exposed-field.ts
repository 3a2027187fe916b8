/** The fields of Entity in the fixed schema. No exposed attribute may use one of these names. */
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

/** The name of an exposed attribute's typed field: `last_seen` becomes `lastSeen`. Two keys may map to the same name. */
export function exposedFieldName(key: string): string {
  return key.replace(/_+([a-z0-9])/g, (_match, next: string) => next.toUpperCase());
}
