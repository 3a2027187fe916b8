import { AtlasError } from './errors.ts';

const ENTITY_TYPE = /^[A-Za-z][A-Za-z0-9_.:-]{0,62}$/;

/** @throws AtlasError BAD_USER_INPUT */
export function checkEntityType(type: string): void {
  if (ENTITY_TYPE.test(type)) return;
  const shown = JSON.stringify(type.length > 70 ? `${type.slice(0, 70)}…` : type);
  throw new AtlasError(
    'BAD_USER_INPUT',
    `${shown} is not a valid entity type; expected a letter followed by at most 62 letters, digits and _ . : -`,
  );
}
