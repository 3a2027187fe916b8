import { z } from 'zod';
import { flag, positive, setting } from './setting.ts';

/** The comparison of Postgres with ClickHouse. */
export const VERIFICATION_SETTINGS = {
  ATLAS_VERIFY_PERIOD_MS: setting(
    z.coerce.number().int().min(0),
    '86400000',
    'Longest time for which a difference between Postgres and ClickHouse may go unseen: `replicate` compares each entity twice in it. 0 turns this off.',
  ),
  ATLAS_VERIFY_REPAIR: setting(flag, 'false', 'Whether `replicate` repairs the differences that it finds.'),
  ATLAS_VERIFY_MIN_ROWS_PER_SECOND: setting(
    positive,
    '100',
    'Entities per second and shard that `replicate` compares at least, so that a small shard is compared quickly.',
  ),
  ATLAS_VERIFY_MAX_ROWS_PER_SECOND: setting(
    positive,
    '5000',
    'Entities per second and shard that `replicate` compares at most, even if the period is exceeded.',
  ),
  ATLAS_VERIFY_CHUNK_ROWS: setting(positive, '20000', 'Maximum number of entities that are compared at once.'),
  ATLAS_VERIFY_CHUNK_BYTES: setting(
    positive,
    '33554432',
    'Maximum size of the stored attributes that are compared at once; one entity may exceed it.',
  ),
  ATLAS_VERIFY_WAIT_MS: setting(
    positive,
    '30000',
    'Longest wait of a comparison for ClickHouse to reach the position at which Postgres was read.',
  ),
  ATLAS_VERIFY_REPORTED_DIFFERENCES: setting(
    positive,
    '100',
    'Maximum number of differences that are named per shard and pass; further ones are only counted.',
  ),
} as const;
