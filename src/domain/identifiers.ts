import { AtlasError } from './errors.ts';

/** 1 … 2^31-1; 0 owns the attribute definitions that all tenants share, and no entity. */
export type TenantId = number;
/** A positive 64-bit integer in canonical decimal digits (no sign, no leading zero). */
export type EntityId = string;
/** As configured, for instance `s0`. */
export type ShardId = string;

export const SHARED_TENANT: TenantId = 0;
const MAX_TENANT = 2 ** 31 - 1;
const MAX_ENTITY_ID = '9223372036854775807';
const CANONICAL_ID = /^[1-9][0-9]{0,18}$/;

export function isEntityId(text: string): boolean {
  return CANONICAL_ID.test(text) && (text.length < MAX_ENTITY_ID.length || text <= MAX_ENTITY_ID);
}

/** @throws AtlasError BAD_USER_INPUT when `text` is no entity id. */
export function parseEntityId(text: string): EntityId {
  if (isEntityId(text)) return text;
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  throw new AtlasError(
    'BAD_USER_INPUT',
    `${JSON.stringify(shown)} is not an entity id: give a whole number from 1 to ${MAX_ENTITY_ID} in decimal digits.`,
  );
}

/** @throws AtlasError BAD_USER_INPUT when `text` is no tenant id. */
export function parseTenantId(text: string): TenantId {
  const id = /^[1-9][0-9]{0,9}$/.test(text) ? Number(text) : Number.NaN;
  if (id <= MAX_TENANT) return id;
  throw new AtlasError('BAD_USER_INPUT', `The tenant id must be a whole number from 1 to ${MAX_TENANT}.`);
}
