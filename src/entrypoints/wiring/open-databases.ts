import type { Settings } from '../../config/settings.ts';
import { connectClickHouse } from '../../connections/clickhouse/clickhouse-client.ts';
import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import { PostgresPool } from '../../connections/postgres/postgres-pool.ts';
import type { ShardEndpoints } from '../../domain/shard.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import type { Logger } from '../../observability/logger.ts';

/** The connections of one purpose to one shard. */
export interface ShardDatabases {
  readonly endpoints: ShardEndpoints;
  readonly primary: PostgresPool;
  readonly replicas: readonly PostgresPool[];
}

export interface PoolOptions {
  readonly purpose: string;
  readonly size: number;
  /** 0: no limit. */
  readonly statementTimeoutMs: number;
}

/** Pools to every server of every shard, which the lifecycle closes. Nothing connects before it is used. */
export function openShardDatabases(
  lifecycle: Lifecycle,
  shards: readonly ShardEndpoints[],
  settings: Settings,
  logger: Logger,
  { purpose, size, statementTimeoutMs }: PoolOptions,
): readonly ShardDatabases[] {
  return shards.map((endpoints) => {
    const pool = (role: 'primary' | 'replica', url: string): PostgresPool => {
      const database = new PostgresPool({
        shard: endpoints.id,
        role,
        url,
        size,
        connectTimeoutMs: settings.ATLAS_CONNECT_TIMEOUT_MS,
        statementTimeoutMs,
        applicationName: `atlas ${purpose}`,
        logger,
      });
      lifecycle.add(`${purpose} connections to ${endpoints.id} ${role}`, () => database.close());
      return database;
    };
    return {
      endpoints,
      primary: pool('primary', endpoints.primary),
      replicas: endpoints.replicas.map((url) => pool('replica', url)),
    };
  });
}

/** Opens so many connections to the one ClickHouse of this process. Default time limit: that of a request's statement. */
export type OpenClickHouse = (purpose: string, connections: number, timeoutMs?: number) => Promise<ClickHouseDatabase>;

export function clickhouseLimits(settings: Settings): { timeoutMs: number; memoryBytes: number } {
  return { timeoutMs: settings.ATLAS_ANALYTICS_TIMEOUT_MS, memoryBytes: settings.ATLAS_ANALYTICS_MEMORY_BYTES };
}

/** A server over HTTP. */
export function remoteClickHouse(lifecycle: Lifecycle, url: string, settings: Settings): OpenClickHouse {
  const limits = clickhouseLimits(settings);
  return async (purpose, connections, timeoutMs = limits.timeoutMs) => {
    const database = connectClickHouse(url, {
      ...limits,
      timeoutMs,
      connections,
      applicationName: `atlas ${purpose}`,
    });
    lifecycle.add(`${purpose} connections to ClickHouse`, () => database.close());
    return database;
  };
}
