import { z } from 'zod';
import { positive, readableFile, setting } from './setting.ts';

/** ASCII, since clients differ in the normal form of other characters. */
const rolePassword = z
  .string()
  .regex(/^[ -~]{12,128}$/, 'must have 12 to 128 printable ASCII characters')
  .optional();

/** Where the process listens and what it connects to. */
function isHttpUrl(url: string): boolean {
  return z.url({ protocol: /^https?$/ }).safeParse(url).success;
}

export const CONNECTION_SETTINGS = {
  ATLAS_HOST: setting(z.string().min(1), '127.0.0.1', 'Address to listen on; 0.0.0.0 means every interface.'),
  ATLAS_PORT: setting(
    z.coerce.number().int().min(0).max(65535),
    '4000',
    'HTTP port; 0 picks a free one. If not set, that of `replicate` is 4001, and `dev` takes the next free one if 4000 is in use.',
  ),
  ATLAS_HOME: setting(z.string().min(1), '.atlas', 'Where `atlas dev` keeps its state.'),
  ATLAS_SHARDS: setting(
    z.string().min(1).optional(),
    undefined,
    'Shards as JSON, or the path of a JSON file: {"placement":{"kind":"hash"},"shards":[{"id","primary","replicas"}]}.',
    true,
  ),
  ATLAS_CLICKHOUSE_URL: setting(
    z
      .string()
      .refine(
        (urls) => urls.split(' ').every(isHttpUrl),
        'must be an http:// or https:// URL, or several with a space between',
      )
      .optional(),
    undefined,
    'ClickHouse over HTTP, with user, password and database: http://user:password@host:8123/atlas. Of a cluster, the servers to use, each once the one before does not answer, with a space between.',
    true,
  ),
  ATLAS_CLICKHOUSE_CA: setting(
    readableFile.optional(),
    undefined,
    "File with the certificate (PEM) of the authority that has signed ClickHouse's, if it is not a public one.",
  ),
  ATLAS_CLICKHOUSE_CLUSTER: setting(
    z
      .string()
      .regex(/^[\w.-]+$/, 'must be the name of a cluster: letters, digits, ".", "_" and "-"')
      .optional(),
    undefined,
    'For `migrate`: the cluster on whose servers, all replicas of one shard, ClickHouse makes the tables, replicated.',
  ),
  ATLAS_SERVE_PASSWORD: setting(
    rolePassword,
    undefined,
    'For `migrate`: if set, the database role `atlas_serve` may log in on every shard, with this password.',
    true,
  ),
  ATLAS_REPLICATE_PASSWORD: setting(
    rolePassword,
    undefined,
    'For `migrate`: if set, the database role `atlas_replicate` may log in on every shard, with this password.',
    true,
  ),
  ATLAS_LOG_LEVEL: setting(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
    'Least severe level that is logged.',
  ),
  ATLAS_POOL_SIZE: setting(positive, '10', 'Connections per Postgres server.'),
  ATLAS_CONNECT_TIMEOUT_MS: setting(positive, '3000', 'Longest wait for a free connection, and for a new one to open.'),
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
} as const;
