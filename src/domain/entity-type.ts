import { AtlasError } from './errors.ts';

const ENTITY_TYPE = /^[A-Za-z][A-Za-z0-9_.:-]{0,62}$/;

/** @throws AtlasError BAD_USER_INPUT */
export function checkEntityType(type: string): void {
  if (ENTITY_TYPE.test(type)) return;
  const shown = JSON.stringify(type.length > 70 ? `${type.slice(0, 70)}…` : type);
  throw new AtlasError(
    'BAD_USER_INPUT',
    `${shown} cannot be an entity type: begin with a letter, and go on with at most 62 letters, digits and _ . : -`,
  );
}
