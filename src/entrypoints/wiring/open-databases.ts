import { readFileSync } from 'node:fs';
import type { Settings } from '../../config/settings.ts';
import { mostPerTenant } from '../../config/tenant-limits.ts';
import { Breaker } from '../../connections/breaker.ts';
import { connectClickHouse } from '../../connections/clickhouse/clickhouse-client.ts';
import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { PermitWaits } from '../../connections/permits.ts';
import { PostgresPool } from '../../connections/postgres/postgres-pool.ts';
import type { ProcessRole } from '../../domain/atlas-role.ts';
import type { ShardEndpoints } from '../../domain/shard.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { checkClickHouse } from '../../migration/checks/check-clickhouse.ts';
import { UnusableClickHouseError } from '../../migration/clickhouse-owner.ts';
import { MigrationError } from '../../migration/migration-error.ts';
import { ClickHouseOwnership, OwnedClickHouse } from '../../migration/owned-clickhouse.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Tracing } from '../../observability/tracing.ts';

/** The connections of one purpose to one shard. */
export interface ShardDatabases {
  readonly endpoints: ShardEndpoints;
  readonly primary: PostgresPool;
  readonly replicas: readonly PostgresPool[];
}

export interface PoolOptions {
  readonly purpose: string;
  readonly actAs: ProcessRole;
  readonly size: number;
  /** 0: no limit. */
  readonly statementTimeoutMs: number;
  /** Longest wait for a connection; that of the settings unless given. */
  readonly connectTimeoutMs?: number;
  /**
   * Whether the statements are those of requests. If so, results are bounded, and a server that is down is not tried by each of
   * them.
   */
  readonly serveRequests?: boolean;
}

/** A breaker for one server. */
export function createBreaker(settings: Settings): Breaker {
  return new Breaker({
    failures: settings.ATLAS_BREAKER_FAILURES,
    cooldownMs: settings.ATLAS_BREAKER_COOLDOWN_MS,
    clock: systemClock,
  });
}

/** Pools to every server of every shard, which the lifecycle closes. Nothing connects before it is used. */
export function openShardDatabases(
  lifecycle: Lifecycle,
  shards: readonly ShardEndpoints[],
  settings: Settings,
  logger: Logger,
  {
    purpose,
    actAs,
    size,
    statementTimeoutMs,
    connectTimeoutMs = settings.ATLAS_CONNECT_TIMEOUT_MS,
    serveRequests = false,
  }: PoolOptions,
): readonly ShardDatabases[] {
  return shards.map((endpoints) => {
    const pool = (role: 'primary' | 'replica', url: string): PostgresPool => {
      const database = new PostgresPool({
        shard: endpoints.id,
        role,
        url,
        actAs,
        size,
        connectTimeoutMs,
        statementTimeoutMs,
        applicationName: `atlas ${purpose}`,
        logger,
        ...(serveRequests && {
          maxBytes: settings.ATLAS_MAX_READ_BYTES,
          breaker: createBreaker(settings),
          mostPerTenant: mostPerTenant(settings, size),
        }),
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

export interface ClickHouseOptions {
  /** Time limit of one statement; that of a request's statement unless given. */
  readonly timeoutMs?: number;
  /** Longest wait for a free connection; the time limit of one statement unless given. */
  readonly connectTimeoutMs?: number;
  /** Largest result of one statement; no limit unless given. */
  readonly resultBytes?: number;
  /** The connections that the statements of one tenant may take at once; all unless given. */
  readonly mostPerTenant?: number;
  readonly breaker?: Breaker;
  /** Where the waits for a connection are counted. */
  readonly waits?: PermitWaits;
}

/** Opens this many connections to the one ClickHouse of this process. */
export type OpenClickHouse = (
  purpose: string,
  connections: number,
  options?: ClickHouseOptions,
) => Promise<ClickHouseDatabase>;

export function clickhouseLimits(settings: Settings): { timeoutMs: number; memoryBytes: number } {
  return { timeoutMs: settings.ATLAS_ANALYTICS_TIMEOUT_MS, memoryBytes: settings.ATLAS_ANALYTICS_MEMORY_BYTES };
}

/** A server over HTTP. */
export function remoteClickHouse(
  lifecycle: Lifecycle,
  url: string,
  settings: Settings,
  tracing: Tracing | null = null,
): OpenClickHouse {
  const { ATLAS_CLICKHOUSE_CA: path } = settings;
  const authority = path === undefined ? undefined : readFileSync(path, 'utf8');
  return async (purpose, connections, options = {}) => {
    const database = connectClickHouse(url, {
      ...clickhouseLimits(settings),
      ...options,
      connections,
      authority,
      traceHeaders: tracing === null ? undefined : () => tracing.headers(),
      applicationName: `atlas ${purpose}`,
    });
    lifecycle.add(`${purpose} connections to ClickHouse`, () => database.close());
    return database;
  };
}

/** What ClickHouse may take to say whose it is before a process starts without knowing. */
const OWNER_TIMEOUT_MS = 2_000;

/**
 * Opens the database of this installation only. If ClickHouse does not answer yet, or is not set up, the process starts, and
 * statements fail until it is.
 * @throws MigrationError if it belongs to another installation, or only an operator can make it usable.
 */
export async function ownClickHouse(
  open: OpenClickHouse,
  url: string,
  clusterId: string,
  logger: Logger,
): Promise<OpenClickHouse> {
  const ownership = new ClickHouseOwnership(clusterId, logger);
  const clickhouse = await open('start', 1, { timeoutMs: OWNER_TIMEOUT_MS });
  await checkClickHouse(clickhouse, url, false, logger);
  await ownership.verify(clickhouse).catch((error: unknown) => {
    if (error instanceof UnusableClickHouseError && error.isForeign) throw new MigrationError(error.message);
  });
  return async (...options) => new OwnedClickHouse(await open(...options), ownership);
}
