import { PostgresPool, type PostgresPoolOptions } from '../../src/connections/postgres/postgres-pool.ts';
import type { ShardEndpoints } from '../../src/domain/shard.ts';
import { createLogger } from '../../src/observability/logger.ts';

/** A connection pool to a shard's primary, with defaults for tests. */
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
