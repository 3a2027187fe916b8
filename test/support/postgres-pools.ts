import { PostgresPool, type PostgresPoolOptions } from '../../src/connections/postgres/postgres-pool.ts';
import type { ShardEndpoints } from '../../src/domain/shard.ts';
import { createLogger } from '../../src/observability/logger.ts';

/** A pool of connections to a shard's primary, as a test wants it unless it says otherwise. */
export function primaryPool(shard: ShardEndpoints, options: Partial<PostgresPoolOptions> = {}): PostgresPool {
  return new PostgresPool({
    shard: shard.id,
    role: 'primary',
    url: shard.primary,
    size: 4,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 10_000,
    applicationName: 'atlas-test',
    logger: createLogger('silent'),
    ...options,
  });
}
