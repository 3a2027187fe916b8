import { AtlasError } from '../errors.ts';

/** Lower-case ASCII: a key has one spelling and maps to a GraphQL field name. */
const ATTRIBUTE_KEY = /^[a-z][a-z0-9_]{0,62}$/;

/** @throws AtlasError ATTRIBUTE_INVALID */
export function checkAttributeKey(key: string): void {
  if (ATTRIBUTE_KEY.test(key)) return;
  const shown = JSON.stringify(key.length > 70 ? `${key.slice(0, 70)}…` : key);
  throw new AtlasError(
    'ATTRIBUTE_INVALID',
    `${shown} is not a valid attribute key; expected a lower-case letter followed by at most 62 of a-z, 0-9 and _.`,
  );
}
