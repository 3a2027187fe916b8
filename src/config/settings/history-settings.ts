import { z } from 'zod';
import { positive, setting } from './setting.ts';

/** What entities were before, and what changes. */
export const HISTORY_SETTINGS = {
  ATLAS_HISTORY_RETENTION_DAYS: setting(
    z.coerce.number().int().min(1).max(36_500),
    '400',
    'How long `replicate` keeps the changes of entities in ClickHouse; a month is removed as a whole, once all of it is older.',
  ),
  ATLAS_MAX_PAST_CHANGES: setting(
    positive,
    '10000',
    'Maximum number of entities that may have changed since the moment as of which a page of entities is read.',
  ),
  ATLAS_MAX_TENANT_SUBSCRIPTIONS: setting(
    positive,
    '100',
    'Maximum number of subscriptions of one tenant that one process has open at once.',
  ),
  ATLAS_MAX_SUBSCRIPTIONS: setting(
    positive,
    '1000',
    'Maximum number of subscriptions that one process has open at once.',
  ),
  ATLAS_SUBSCRIPTION_BUFFER: setting(
    positive,
    '1000',
    'Events that wait for a subscriber; if more come, its subscription ends with an error that has the cursor to continue from.',
  ),
  ATLAS_SUBSCRIPTION_BUFFER_BYTES: setting(positive, '4194304', 'The same of their values, as JSON, in bytes.'),
  ATLAS_SUBSCRIPTION_INTERVAL_MS: setting(
    positive,
    '500',
    'How often a process asks ClickHouse for the changes of a tenant that has subscriptions, while there are none.',
  ),
} as const;
