import { AtlasError, type ErrorCode } from './errors.ts';

/**
 * Why a source did not answer. `down`: it cannot be reached, or cannot serve this statement, and another source may.
 * `busy`: it is reachable, but all connections to it are in use, or a new one took too long. `slow`: the statement ran out of time, which it would
 * do on any source.
 */
export type SourceOutcome = 'down' | 'busy' | 'slow';

/** A source that did not answer. */
export class SourceError extends AtlasError {
  readonly outcome: SourceOutcome;
  /** Whether the server itself responded. If so, its next statement may succeed. */
  readonly responded: boolean;
  /**
   * What to report instead if the server has answered somebody else meanwhile: it is up, but was too slow for this call. Null
   * if that changes nothing.
   */
  readonly ifUp: SourceError | null;

  constructor(
    outcome: SourceOutcome,
    code: ErrorCode,
    message: string,
    options: {
      cause?: unknown;
      details?: Record<string, unknown>;
      hint?: string;
      responded?: boolean;
      ifUp?: SourceError;
    } = {},
  ) {
    super(code, message, options);
    this.outcome = outcome;
    this.responded = options.responded ?? outcome === 'slow';
    this.ifUp = options.ifUp ?? null;
  }
}

const UNAVAILABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['SHARD_UNAVAILABLE', 'ANALYTICS_UNAVAILABLE']);

/** Null if the error is not about its source. */
export function outcomeOf(error: unknown): SourceOutcome | null {
  if (error instanceof SourceError) return error.outcome;
  return error instanceof AtlasError && UNAVAILABLE.has(error.code) ? 'down' : null;
}
