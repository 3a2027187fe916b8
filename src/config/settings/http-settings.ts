import { z } from 'zod';
import { positive, setting } from './setting.ts';

/** A list of names, separated by commas. */
function listOf(item: z.ZodType<string, string>) {
  return z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(item));
}

const origin = z
  .string()
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    'must list origins such as https://app.example, separated by commas',
  );
const host = z
  .string()
  .regex(/^(\[[0-9a-f:]+\]|[a-z0-9.-]+)$/i, 'must list host names without ports, separated by commas');

/** Who may reach the server over HTTP, and for how long a connection may do nothing. */
export const HTTP_SETTINGS = {
  ATLAS_ADMIN_PORT: setting(
    z.coerce.number().int().min(0).max(65535).optional(),
    undefined,
    'If set, health, metrics and the start page are served on this port only. ATLAS_PORT then serves nothing but GraphQL, and there is no explorer.',
  ),
  ATLAS_ADMIN_HOST: setting(
    z.string().min(1).optional(),
    undefined,
    'Address to listen on with ATLAS_ADMIN_PORT; that of ATLAS_HOST if not set.',
  ),
  ATLAS_CORS_ORIGINS: setting(
    listOf(origin),
    undefined,
    'Origins whose pages may send requests to /graphql from a browser, separated by commas.',
  ),
  ATLAS_ALLOWED_HOSTS: setting(
    listOf(host),
    undefined,
    'Host names under which requests are accepted, without ports, separated by commas; any if not set. `atlas dev` accepts those of this machine only.',
  ),
  ATLAS_COMPRESS_FROM_BYTES: setting(
    z.coerce.number().int().min(0),
    '10000',
    'Responses of at least this many bytes are compressed for clients that accept it. 0: never, for example if a balancer does it.',
  ),
  ATLAS_MAX_CONNECTIONS: setting(
    positive,
    '10000',
    'Most connections of clients at once. Those that come then are closed, before anything is read of them.',
  ),
  ATLAS_HEADERS_TIMEOUT_MS: setting(positive, '10000', 'Longest time for the headers of a request to arrive.'),
  ATLAS_IDLE_TIMEOUT_MS: setting(
    positive,
    '75000',
    'How long a connection may be open without a request. Longer than the idle time of the balancer in front, so that the balancer closes first.',
  ),
} as const;
