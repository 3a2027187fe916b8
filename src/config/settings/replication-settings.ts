import { z } from 'zod';
import { positive, setting } from './setting.ts';

/** Change capture into ClickHouse. */
export const REPLICATION_SETTINGS = {
  ATLAS_REPLICATION_BATCH_ROWS: setting(
    positive,
    '20000',
    'Maximum number of changes in one write to ClickHouse; up to twice as many, to end between two transactions.',
  ),
  ATLAS_REPLICATION_FLUSH_MS: setting(
    positive,
    '100',
    'Least time between two batches of a shard. It grows by itself, to a second at most: to 50 ms for each shard of the process that has changes, and to three times what the statements of a batch take. After a pause, a change waits for 10 ms at most. Shards that one process streams are written together, where half of the time is enough. Heartbeats alone are written up to every 500 ms, if writing takes long.',
  ),
  ATLAS_REPLICATION_LEASE_MS: setting(
    z.coerce.number().int().min(1_000).max(60_000),
    '5000',
    'How long the `replicate` that streams or copies a shard may be silent, for example suspended, before a standby takes over.',
  ),
  ATLAS_COPY_RETENTION_MS: setting(
    positive,
    '600000',
    'How long `replicate` keeps a copy of a shard in ClickHouse that is not read any more. A read that takes longer may not know how fresh it is.',
  ),
  ATLAS_MAX_SLOT_WAL_BYTES: setting(
    positive,
    '4294967296',
    'Maximum WAL that an embedded primary retains for a stopped replicator.',
  ),
} as const;
