import { z } from 'zod';
import { positive, setting } from './setting.ts';

/** Starting and stopping. */
export const LIFECYCLE_SETTINGS = {
  ATLAS_READY_START_LIMIT_MS: setting(
    z.coerce.number().int().min(0),
    '30000',
    'How long /health/ready of a process that has started waits for the primary of every shard; then what it can serve counts.',
  ),
  ATLAS_DRAIN_MS: setting(
    z.coerce.number().int().min(0),
    '5000',
    'How long a `serve` that was told to stop still accepts requests, with /health/ready at 503. `atlas dev` sets 0.',
  ),
  ATLAS_SHUTDOWN_GRACE_MS: setting(
    positive,
    '10000',
    'Longest wait for running requests and for servers that do not answer during shutdown; then they are ended.',
  ),
} as const;
