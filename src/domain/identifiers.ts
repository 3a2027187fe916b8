import { AtlasError } from './errors.ts';

/** 1 … 2^31-1. Tenant 0 owns the attribute definitions shared by all tenants, and no entities. */
export type TenantId = number;
/** A positive 64-bit integer in canonical decimal digits (no sign, no leading zero). */
export type EntityId = string;
/** As configured, for example `s0`. */
export type ShardId = string;

export const SHARED_TENANT: TenantId = 0;
const MAX_TENANT = 2 ** 31 - 1;
const MAX_ENTITY_ID = '9223372036854775807';
const CANONICAL_ID = /^[1-9][0-9]{0,18}$/;

export function isEntityId(text: string): boolean {
  return CANONICAL_ID.test(text) && (text.length < MAX_ENTITY_ID.length || text <= MAX_ENTITY_ID);
}

/** @throws AtlasError BAD_USER_INPUT if `text` is not an entity id */
export function parseEntityId(text: string): EntityId {
  if (isEntityId(text)) return text;
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  throw new AtlasError(
    'BAD_USER_INPUT',
    `${JSON.stringify(shown)} is not an entity id; expected a whole number from 1 to ${MAX_ENTITY_ID} in decimal digits.`,
  );
}

/** @throws AtlasError BAD_USER_INPUT if `text` is not a tenant id */
export function parseTenantId(text: string): TenantId {
  const id = /^[1-9][0-9]{0,9}$/.test(text) ? Number(text) : Number.NaN;
  if (id <= MAX_TENANT) return id;
  throw new AtlasError('BAD_USER_INPUT', `Invalid tenant id; expected a whole number from 1 to ${MAX_TENANT}.`);
}
