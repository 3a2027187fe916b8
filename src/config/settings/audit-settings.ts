import { z } from 'zod';
import { setting } from './setting.ts';

/** The record of who has written what, and erasing. */
export const AUDIT_SETTINGS = {
  ATLAS_AUDIT_RETENTION_DAYS: setting(
    z.coerce.number().int().min(1).max(36_500),
    '400',
    'How long `replicate` keeps what the audit has recorded, on the shards and in ClickHouse; a month is removed as a whole, once all of it is older.',
  ),
  ATLAS_ERASURE_GRACE_MS: setting(
    z.coerce.number().int().min(0),
    '600000',
    'How long the tombstones of what was erased stay in ClickHouse, before everything of it is removed: longer than a write of `replicate` may take to arrive.',
  ),
} as const;
