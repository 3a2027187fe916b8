import { z } from 'zod';
import { setting } from './setting.ts';

/** What entities were before. */
export const HISTORY_SETTINGS = {
  ATLAS_HISTORY_RETENTION_DAYS: setting(
    z.coerce.number().int().min(1).max(36_500),
    '400',
    'How long `replicate` keeps the changes of entities in ClickHouse; a month is removed as a whole, once all of it is older.',
  ),
} as const;
