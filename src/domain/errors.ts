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

/** What to do about an error of a code, unless the error itself knows better. Other codes have no remedy in common. */
const HINTS: Partial<Record<ErrorCode, string>> = {
  UNAUTHENTICATED:
    'Send what the server accepts: a valid bearer token in the header authorization, or the signed headers of a gateway.',
  TENANT_REQUIRED:
    'Name the tenant in the claim "tenant" of the token, or in the header x-tenant-id if the server takes it from there.',
  ATTRIBUTE_NOT_FILTERABLE: 'Set filterable: true with updateAttribute, or use another attribute.',
  VERSION_CONFLICT: 'Read it again, apply the change to what is there now, and send its version as expectedVersion.',
  SHARD_UNAVAILABLE: 'Retry after a second, then after longer pauses.',
  ANALYTICS_UNAVAILABLE: 'Use the fallback PRIMARY, or retry after a second, then after longer pauses.',
  TIMEOUT: 'Ask for less, or retry. A mutation may have taken effect: read before you repeat it.',
};

interface AtlasErrorOptions {
  readonly cause?: unknown;
  readonly details?: Record<string, unknown>;
  /** Null if there is no remedy. */
  readonly hint?: string | null;
}

/**
 * An error that is shown to clients. `message` is one sentence that says what was wrong and what was expected; `hint` says what to do
 * about it. Neither contains another tenant's data, or an attribute that the caller may not see. `details` become members of `extensions`, as
 * does the hint. `cause` is only logged.
 */
export class AtlasError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly hint: string | null;

  constructor(code: ErrorCode, message: string, options: AtlasErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AtlasError';
    this.code = code;
    this.details = options.details ?? {};
    this.hint = options.hint === undefined ? (HINTS[code] ?? null) : options.hint;
  }
}
