import type { Settings } from './settings.ts';

/** How the server listens, and what it takes of one request. */
export interface HttpOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly maxRequestBytes: number;
  /** Longest time for a request to arrive as a whole; also for its answer, if it is GraphQL. */
  readonly requestTimeoutMs: number;
  /** How long requests are still accepted once the process has been told to stop. */
  readonly drainMs: number;
  /** Longest time that a process which has started waits for every primary before it counts as ready. */
  readonly readyStartLimitMs: number;
}

export function httpOptions(settings: Settings): HttpOptions {
  return {
    host: settings.ATLAS_HOST,
    port: settings.ATLAS_PORT,
    maxRequestBytes: settings.ATLAS_MAX_REQUEST_BYTES,
    requestTimeoutMs: settings.ATLAS_REQUEST_TIMEOUT_MS,
    drainMs: settings.ATLAS_DRAIN_MS,
    readyStartLimitMs: settings.ATLAS_READY_START_LIMIT_MS,
  };
}
