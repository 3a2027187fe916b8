/** The attributes that the harness writes. Each entity says several times, in several places of the stores, which write it is of. */
export const ATTRIBUTES = [
  { key: 'stamp', type: 'NUMBER', hot: true },
  { key: 'level', type: 'NUMBER', hot: true },
  { key: 'status', type: 'TEXT', hot: true },
  { key: 'flag', type: 'BOOLEAN', hot: true },
  { key: 'mark', type: 'TEXT' },
  { key: 'share', type: 'NUMBER' },
  { key: 'note', type: 'TEXT' },
  { key: 'seen_at', type: 'TIMESTAMP' },
  { key: 'detail', type: 'JSON', filterable: false },
] as const;

/** In the input and in the answer, the member that holds a value of the type. */
export const MEMBER: Readonly<Record<string, string>> = {
  TEXT: 'text',
  NUMBER: 'number',
  BOOLEAN: 'boolean',
  TIMESTAMP: 'timestamp',
  JSON: 'json',
};

const TYPE_OF: ReadonlyMap<string, string> = new Map(ATTRIBUTES.map(({ key, type }) => [key, type]));

/** Attributes that are defined while the harness runs are texts. */
export function memberOf(key: string): string {
  return MEMBER[TYPE_OF.get(key) ?? 'TEXT'] ?? 'text';
}

export const STATUSES = ['new', 'open', 'busy', 'done'] as const;
export const LEVELS = 10;
export const TYPE = 'thing';

export const FRESHNESS_FIELDS =
  'source requestedClass servedClass lagMs stale fellBack reason dataTimestamp sourceTimestamp health shard token';

/** Everything of an entity that the checker compares. */
export const ENTITY_FIELDS = `id type version freshness { ${FRESHNESS_FIELDS} } attributes { key
  ... on TextAttribute { text } ... on NumberAttribute { number } ... on BooleanAttribute { boolean }
  ... on TimestampAttribute { timestamp } ... on JsonAttribute { json } }`;
