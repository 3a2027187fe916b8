import { z } from 'zod';
import { parseDaysByTenant } from './days-by-tenant.ts';
import { positive, setting } from './setting.ts';

const daysByTenant = z
  .string()
  .refine(
    (text) => parseDaysByTenant(text) !== null,
    'must be JSON such as {"7": 30}: ids of tenants with numbers of days from 1 to 36500',
  );

const BUCKET = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[^/]+)*\/?$/;
const archivePlace = z
  .string()
  .refine(
    (text) => !/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || BUCKET.test(text),
    'must be a directory, or s3://bucket/prefix without keys',
  );

/** What entities were before, and what changes. */
export const HISTORY_SETTINGS = {
  ATLAS_HISTORY_RETENTION_DAYS: setting(
    z.coerce.number().int().min(1).max(36_500),
    '400',
    'How long `replicate` keeps the changes of entities in ClickHouse; a month is removed as a whole, once all of it is older.',
  ),
  ATLAS_HISTORY_RETENTION_BY_TENANT: setting(
    daysByTenant,
    '{}',
    'Tenants whose changes are kept for another number of days: JSON such as {"7": 30, "8": 3650}.',
  ),
  ATLAS_HISTORY_ARCHIVE: setting(
    archivePlace.optional(),
    undefined,
    'Where `replicate` writes changes as Parquet files before it removes them: an existing directory, or s3://bucket/prefix with the AWS_* variables of the AWS SDKs. Not archived if not set.',
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
