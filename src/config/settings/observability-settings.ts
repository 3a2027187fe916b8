import { z } from 'zod';
import { setting } from './setting.ts';

/** What metrics and log say about requests. */
export const OBSERVABILITY_SETTINGS = {
  ATLAS_SLOW_REQUEST_MS: setting(
    z.coerce.number().int().min(0),
    '1000',
    'GraphQL requests that take at least this long are logged, with the route of every read; 0: none.',
  ),
  ATLAS_METRICS_OPERATIONS: setting(
    z.coerce.number().int().min(0).max(10_000),
    '100',
    'Names of GraphQL operations that have series of their own in the metrics: the first ones that a process meets. All others share `other`.',
  ),
} as const;
