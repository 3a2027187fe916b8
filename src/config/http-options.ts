import type { JsonShapeLimits } from '../lib/json-shape.ts';
import type { Settings } from './settings.ts';

/** Of the largest size. */
const UNSENT_RESPONSES = 16;
const ARRIVING_BODIES = 32;

/** How the server listens, and what it takes of one request. */
export interface HttpOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Where health, metrics and the start page are served; null if on the same port. */
  readonly admin: { readonly host: string; readonly port: number } | null;
  /** Origins whose pages may send GraphQL requests. */
  readonly corsOrigins: readonly string[];
  /** Host names under which requests are accepted; if there are none, the name is not checked. */
  readonly allowedHosts: readonly string[];
  /** Least size of a response that is compressed; null: none is. */
  readonly compressFromBytes: number | null;
  readonly maxConnections: number;
  readonly headersTimeoutMs: number;
  /** How long a connection may be open without a request. */
  readonly idleTimeoutMs: number;
  readonly maxRequestBytes: number;
  /** Of a body in JSON. */
  readonly bodyShape: JsonShapeLimits;
  /** Most bytes of bodies that are arriving. */
  readonly maxArrivingBytes: number;
  /** Most bytes of responses that clients have not read. */
  readonly maxUnsentBytes: number;
  /** Longest time for a request to arrive as a whole; also for its answer, if it is GraphQL. */
  readonly requestTimeoutMs: number;
  /** GraphQL requests that take at least this long are logged; 0: none. */
  readonly slowRequestMs: number;
  /** How many names of operations have series of their own. */
  readonly operationNames: number;
  /** How long requests are still accepted once the process has been told to stop. */
  readonly drainMs: number;
  /** Longest time that a process which has started waits for every primary before it counts as ready. */
  readonly readyStartLimitMs: number;
}

export function httpOptions(settings: Settings): HttpOptions {
  return {
    host: settings.ATLAS_HOST,
    port: settings.ATLAS_PORT,
    admin:
      settings.ATLAS_ADMIN_PORT === undefined
        ? null
        : { host: settings.ATLAS_ADMIN_HOST ?? settings.ATLAS_HOST, port: settings.ATLAS_ADMIN_PORT },
    corsOrigins: settings.ATLAS_CORS_ORIGINS,
    allowedHosts: settings.ATLAS_ALLOWED_HOSTS,
    compressFromBytes: settings.ATLAS_COMPRESS_FROM_BYTES === 0 ? null : settings.ATLAS_COMPRESS_FROM_BYTES,
    maxConnections: settings.ATLAS_MAX_CONNECTIONS,
    headersTimeoutMs: settings.ATLAS_HEADERS_TIMEOUT_MS,
    idleTimeoutMs: settings.ATLAS_IDLE_TIMEOUT_MS,
    maxRequestBytes: settings.ATLAS_MAX_REQUEST_BYTES,
    bodyShape: { depth: settings.ATLAS_MAX_REQUEST_DEPTH, names: settings.ATLAS_MAX_REQUEST_NAMES },
    maxArrivingBytes: ARRIVING_BODIES * settings.ATLAS_MAX_REQUEST_BYTES,
    maxUnsentBytes: UNSENT_RESPONSES * settings.ATLAS_MAX_RESPONSE_BYTES,
    requestTimeoutMs: settings.ATLAS_REQUEST_TIMEOUT_MS,
    slowRequestMs: settings.ATLAS_SLOW_REQUEST_MS,
    operationNames: settings.ATLAS_METRICS_OPERATIONS,
    drainMs: settings.ATLAS_DRAIN_MS,
    readyStartLimitMs: settings.ATLAS_READY_START_LIMIT_MS,
  };
}
