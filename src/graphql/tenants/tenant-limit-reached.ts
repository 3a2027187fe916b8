import { AtlasError } from '../../domain/errors.ts';

export type TenantLimitName = 'requests' | 'cost';

/** A tenant has as much of the process as it may have for now. */
export class TenantLimitReached extends AtlasError {
  /** The value of the header retry-after: whole seconds, at least 1. */
  readonly retryAfter: string;

  /** @param afterMs when a retry may succeed, in milliseconds from now. */
  constructor(message: string, afterMs: number) {
    const seconds = Math.max(1, Math.ceil(afterMs / 1_000));
    super('LIMIT_EXCEEDED', message, {
      details: { retryAfterMs: seconds * 1_000 },
      hint: 'Retry after retryAfterMs milliseconds.',
    });
    this.retryAfter = String(seconds);
  }
}
