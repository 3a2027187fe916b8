import { z } from 'zod';
import { setting } from './setting.ts';

/** The record of who has written what. */
export const AUDIT_SETTINGS = {
  ATLAS_AUDIT_RETENTION_DAYS: setting(
    z.coerce.number().int().min(1).max(36_500),
    '400',
    'How long `replicate` keeps what the audit has recorded, on the shards and in ClickHouse; a month is removed as a whole, once all of it is older.',
  ),
} as const;
