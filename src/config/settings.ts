import { z } from 'zod';

/** Classes by name, separated by commas. REALTIME is not among them: its bound holds whatever happens. */
const relaxable = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
  .pipe(
    z.array(
      z.enum(['INTERACTIVE', 'OPERATIONAL', 'ANALYTICAL', 'BATCH'], {
        error: 'must list INTERACTIVE, OPERATIONAL, ANALYTICAL or BATCH, separated by commas',
      }),
    ),
  );
const positive = z.coerce.number().int().positive();
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

export interface Setting<T> {
  readonly schema: z.ZodType<T>;
  /** As written in the environment; undefined means not set. */
  readonly default: string | undefined;
  readonly description: string;
  readonly secret?: true;
}

function setting<T>(
  schema: z.ZodType<T>,
  fallback: string | undefined,
  description: string,
  secret?: true,
): Setting<T> {
  return secret === undefined
    ? { schema, default: fallback, description }
    : { schema, default: fallback, description, secret };
}

/** All settings, by the name of their environment variable. `atlas config` prints this table. */
export const SETTINGS = {
  ATLAS_HOST: setting(z.string().min(1), '127.0.0.1', 'Address to listen on; 0.0.0.0 means every interface.'),
  ATLAS_PORT: setting(z.coerce.number().int().min(0).max(65535), '4000', 'HTTP port; 0 picks a free one.'),
  ATLAS_HOME: setting(z.string().min(1), '.atlas', 'Where `atlas dev` keeps its state.'),
  ATLAS_SHARDS: setting(
    z.string().min(1).optional(),
    undefined,
    'Shards as JSON, or the path of a JSON file: {"placement":{"kind":"hash"},"shards":[{"id","primary","replicas"}]}.',
    true,
  ),
  ATLAS_CLICKHOUSE_URL: setting(
    z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional(),
    undefined,
    'ClickHouse over HTTP, with user, password and database: http://user:password@host:8123/atlas.',
    true,
  ),
  ATLAS_LOG_LEVEL: setting(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
    'Least severe level that is logged.',
  ),
  ATLAS_TRUST_TENANT_HEADER: setting(
    flag,
    'false',
    'Trust the header x-tenant-id. Use it only behind a gateway that sets the header. `atlas dev` turns it on.',
  ),
  ATLAS_JWT_SECRET: setting(
    z.string().min(32).optional(),
    undefined,
    'Shared secret (HS256) that verifies bearer tokens. Their claim `tenant` is the tenant.',
    true,
  ),
  ATLAS_JWKS_URL: setting(z.url().optional(), undefined, 'Key set that verifies bearer tokens (RS256, ES256, EdDSA).'),
  ATLAS_JWT_ISSUER: setting(
    z.string().min(1).optional(),
    undefined,
    'If set, the required issuer (claim `iss`) of tokens. Needed if a key set is shared with other services.',
  ),
  ATLAS_JWT_AUDIENCE: setting(
    z.string().min(1).optional(),
    undefined,
    'If set, the required audience (claim `aud`) of tokens.',
  ),
  ATLAS_IMPLICIT_ATTRIBUTES: setting(
    flag,
    'false',
    'Define an unknown attribute when it is first written. `atlas dev` turns it on.',
  ),
  ATLAS_POOL_SIZE: setting(positive, '10', 'Connections per Postgres server.'),
  ATLAS_CONNECT_TIMEOUT_MS: setting(positive, '3000', 'Longest wait for a free connection, and for a new one to open.'),
  ATLAS_STATEMENT_TIMEOUT_MS: setting(positive, '10000', 'Longest run of one statement of a request on Postgres.'),
  ATLAS_ANALYTICS_TIMEOUT_MS: setting(positive, '30000', 'Longest run of one statement of a request on ClickHouse.'),
  ATLAS_ANALYTICS_MEMORY_BYTES: setting(positive, '2000000000', 'Maximum memory for one statement on ClickHouse.'),
  ATLAS_REQUEST_TIMEOUT_MS: setting(
    positive,
    '30000',
    'Longest run of one GraphQL request; then it is answered with TIMEOUT, and its statements are cancelled.',
  ),
  ATLAS_BREAKER_FAILURES: setting(
    positive,
    '3',
    'Consecutive failures to reach a server after which requests to it are refused immediately.',
  ),
  ATLAS_BREAKER_COOLDOWN_MS: setting(
    positive,
    '1000',
    'How long requests to a server that is down are refused before one of them tries it again.',
  ),
  ATLAS_MAX_READ_BYTES: setting(positive, '67108864', 'Largest result of one statement of a request.'),
  ATLAS_HEARTBEAT_INTERVAL_MS: setting(
    positive,
    '100',
    'Period of the heartbeat on every primary. Adds at most this much to every measured lag.',
  ),
  ATLAS_PROBE_INTERVAL_MS: setting(positive, '250', 'Period of the probes that measure lag.'),
  ATLAS_CONSISTENCY_WAIT_MS: setting(
    positive,
    '1000',
    'Longest wait for a consistency token if the request sets no maxWaitMs.',
  ),
  ATLAS_FALLBACK_POOL_PERCENT: setting(
    z.coerce.number().int().min(1).max(100),
    '50',
    'Part of the connections to a primary that reads may take which fall back to it. The rest is left to writes and to reads that need the primary.',
  ),
  ATLAS_OVERLOAD_RELAX: setting(
    relaxable,
    undefined,
    'Freshness classes, separated by commas, that a replica serves over their bound, with reason OVERLOAD_RELAXED, if falling back would overload the primary. Never REALTIME.',
  ),
  ATLAS_RETRY_AFTER_MAX_MS: setting(
    positive,
    '10000',
    'Largest retryAfterMs of FRESHNESS_UNAVAILABLE. Given if nobody can say when the source will be fresh enough.',
  ),
  ATLAS_MAX_TOKEN_WAITERS: setting(
    positive,
    '2000',
    'Most reads that wait for consistency tokens at once; further ones do not wait.',
  ),
  ATLAS_MAX_TOKEN_WAITERS_PER_TENANT: setting(positive, '500', 'The same for the reads of one tenant.'),
  ATLAS_REPLICA_LAG_THRESHOLD_MS: setting(
    positive,
    '5000',
    'Replica lag beyond which /health/replication is degraded.',
  ),
  ATLAS_CLICKHOUSE_LAG_THRESHOLD_MS: setting(
    positive,
    '600000',
    'ClickHouse lag beyond which /health/replication is degraded.',
  ),
  ATLAS_CHANGE_STREAM_THRESHOLD_MESSAGES: setting(
    positive,
    '10000',
    'Unapplied change messages beyond which /health/replication is degraded.',
  ),
  ATLAS_SLOT_WAL_THRESHOLD_BYTES: setting(
    positive,
    '2147483648',
    'WAL retained for one replication slot beyond which /health/replication is degraded.',
  ),
  ATLAS_SLOT_SAFE_WAL_THRESHOLD_PERCENT: setting(
    z.coerce.number().int().min(0).max(100),
    '25',
    'Share of max_slot_wal_keep_size that must be left of a slot (safe_wal_size); with less, /health/replication is degraded.',
  ),
  ATLAS_REPLICATION_BATCH_ROWS: setting(
    positive,
    '20000',
    'Maximum number of changes in one write to ClickHouse; up to twice as many, to end between two transactions.',
  ),
  ATLAS_REPLICATION_FLUSH_MS: setting(positive, '200', 'Longest time a received change waits for its batch.'),
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
  ATLAS_MAX_SLOT_WAL_BYTES: setting(
    positive,
    '4294967296',
    'Maximum WAL that an embedded primary retains for a stopped replicator.',
  ),
  ATLAS_MAX_PAGE_SIZE: setting(positive, '1000', 'Largest first/last of a page.'),
  ATLAS_MAX_BATCH_IDS: setting(
    positive,
    '1000',
    'Maximum number of ids in entitiesById, filter.ids and one predicate list.',
  ),
  ATLAS_MAX_REPRESENTATIONS: setting(positive, '10000', 'Maximum number of representations in one _entities call.'),
  ATLAS_MAX_UPSERT_ROWS: setting(positive, '1000', 'Maximum number of rows in one upsertEntities.'),
  ATLAS_MAX_QUERY_LENGTH: setting(positive, '50000', 'Longest query text, in characters, without variables.'),
  ATLAS_MAX_QUERY_DEPTH: setting(positive, '15', 'Deepest selection of a query.'),
  ATLAS_MAX_QUERY_ALIASES: setting(positive, '100', 'Maximum number of aliases in a query.'),
  ATLAS_MAX_FILTER_NODES: setting(positive, '100', 'Maximum number of predicates and combinators in one filter.'),
  ATLAS_MAX_BUCKETS: setting(positive, '10000', 'Maximum number of buckets of a distribution.'),
  ATLAS_MAX_DISTRIBUTION_CELLS: setting(
    positive,
    '100000',
    'Maximum number of pairs of a group and a bucket in the answer to a distribution.',
  ),
  ATLAS_MAX_VALUE_BYTES: setting(positive, '1048576', 'Largest attribute value, as JSON text in UTF-8.'),
  ATLAS_MAX_ATTRIBUTES_PER_ENTITY: setting(
    positive,
    '2000',
    'Maximum number of attributes of one entity in one write, and of keys in one selection.',
  ),
  ATLAS_MAX_ENTITY_BYTES: setting(
    positive,
    '8388608',
    'Largest entity: all its attribute values as jsonb, uncompressed, after a write.',
  ),
  ATLAS_MAX_REQUEST_BYTES: setting(positive, '10485760', 'Largest request body.'),
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

export type SettingName = keyof typeof SETTINGS;
export type Settings = { readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer T> ? T : never };
