/** The closed set of error codes of the public contract. */
const ERROR_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'TENANT_REQUIRED',
  'BAD_USER_INPUT',
  'BAD_FRESHNESS',
  'FRESHNESS_UNAVAILABLE',
  'ATTRIBUTE_UNKNOWN',
  'ATTRIBUTE_TYPE_MISMATCH',
  'ATTRIBUTE_NOT_FILTERABLE',
  'ATTRIBUTE_INVALID',
  'VERSION_CONFLICT',
  'LIMIT_EXCEEDED',
  'SHARD_UNAVAILABLE',
  'ANALYTICS_UNAVAILABLE',
  'TIMEOUT',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * An error that is shown to clients. `message` is one sentence that says what was wrong and what was expected; it never
 * contains another tenant's data. `details` become members of `extensions`. `cause` is only logged.
 */
export class AtlasError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AtlasError';
    this.code = code;
    this.details = options.details ?? {};
  }
}
