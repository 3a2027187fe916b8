/** The fields that every Entity has by the schema: no exposed attribute may take one of these names. */
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
  'freshness',
]);

/** The typed field of an exposed attribute: `last_seen` is `lastSeen`. Two keys may give one name. */
export function exposedFieldName(key: string): string {
  return key.replace(/_+([a-z0-9])/g, (_match, next: string) => next.toUpperCase());
}
